#pragma once

#include <concepts>
#include <optional>
#include <variant>

#include "libdiag/proto/dcerpc/bind.h"
#include "libdiag/proto/dcerpc/call.h"

namespace diag::dcerpc {

/// What stands behind the common header: one of Other, Request, Response, Fault, Bind, BindAck, BindNak.
///
/// A std::variant of all seven would say the same, but clang 14 cannot compile libstdc++ 12's variant once a member has a
/// destructor. So the variant holds those that have none, which are also those of the hot path.
class Body {
public:
    template <class T>
    static constexpr bool is_plain =
        std::same_as<T, Other> || std::same_as<T, Request> || std::same_as<T, Response> || std::same_as<T, Fault>;

    /// The body as a T, or nullptr when it is another.
    template <class T> const T* get() const {
        if constexpr (is_plain<T>) {
            return is_setup() ? nullptr : std::get_if<T>(&plain_);
        } else {
            const auto& held = slot<T>(*this);
            return held ? &*held : nullptr;
        }
    }

    /// Becomes a T with default values.
    template <class T> T& emplace() {
        bind_.reset();
        bind_ack_.reset();
        bind_nak_.reset();
        if constexpr (is_plain<T>) {
            return plain_.emplace<T>();
        } else {
            return slot<T>(*this).emplace();
        }
    }

    template <class T>
    requires(!std::same_as<T, Body>) Body& operator=(T value) {
        emplace<T>() = std::move(value);
        return *this;
    }

    template <class F> decltype(auto) visit(F&& f) const {
        if (bind_) return f(*bind_);
        if (bind_ack_) return f(*bind_ack_);
        if (bind_nak_) return f(*bind_nak_);
        return std::visit(f, plain_);
    }

private:
    bool is_setup() const { return bind_ || bind_ack_ || bind_nak_; }

    template <class T> static auto& slot(auto& self) {
        if constexpr (std::same_as<T, Bind>) {
            return self.bind_;
        } else if constexpr (std::same_as<T, BindAck>) {
            return self.bind_ack_;
        } else {
            static_assert(std::same_as<T, BindNak>);
            return self.bind_nak_;
        }
    }

    std::variant<Other, Request, Response, Fault> plain_;
    std::optional<Bind> bind_;
    std::optional<BindAck> bind_ack_;
    std::optional<BindNak> bind_nak_;
};

}  // namespace diag::dcerpc
