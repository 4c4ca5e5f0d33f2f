#pragma once

#include <string>
#include <utility>
#include <variant>

namespace diag::slmgr {

/// One fact of a licence: absent (no line for it), known, or a line whose value nobody knows, with the reason.
template <class T> class Fact {
public:
    Fact() = default;
    Fact(T value) : state_{std::in_place_index<1>, std::move(value)} {}  // NOLINT(google-explicit-constructor)

    static Fact unknown(std::string reason) {
        Fact fact;
        fact.state_.template emplace<2>(std::move(reason));
        return fact;
    }

    /// Whether the value is known.
    explicit operator bool() const { return state_.index() == 1; }
    const T& operator*() const { return *std::get_if<1>(&state_); }
    const T* operator->() const { return std::get_if<1>(&state_); }

    bool is_absent() const { return state_.index() == 0; }
    bool is_unknown() const { return state_.index() == 2; }
    /// Why the value of an unknown fact is not known.
    const std::string& reason() const { return *std::get_if<2>(&state_); }

    /// Whether the value is known to be this one.
    bool is(const T& value) const { return state_.index() == 1 && *std::get_if<1>(&state_) == value; }

    friend bool operator==(const Fact&, const Fact&) = default;

private:
    std::variant<std::monostate, T, std::string> state_;
};

}  // namespace diag::slmgr
