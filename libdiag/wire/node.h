#pragma once

#include <string>
#include <vector>

#include "libdiag/wire/field.h"

namespace diag {

/// One line of a decoded tree: what `--tree` prints and a Wireshark plugin would add. Renderers know no protocol.
struct Node {
    std::string key;         ///< as in the field table; empty for a heading
    std::string label;       ///< for people
    std::size_t offset = 0;  ///< first byte, in the buffer that the root describes
    std::size_t size = 0;    ///< bytes covered; 0 for what is derived, not carried
    std::string value;       ///< not yet escaped: it may hold text of a peer
    std::string meaning;     ///< the value's name, or what a reader should know; may be empty
    std::vector<Node> children = {};

    /// Adds a child and returns it. The reference is valid until the next child is added.
    Node& add(Node child) {
        children.push_back(std::move(child));
        return children.back();
    }
};

namespace detail {

struct Shown {
    std::string value;
    std::string meaning;
};

Shown show_number(std::uint64_t value, std::size_t width, Show show, std::span<const Name> names);
Shown show_bytes(Bytes bytes, Show show);
Shown show_filetime(Filetime time);

template <std::unsigned_integral T> Shown show_value(T value, Show show, std::span<const Name> names) {
    return show_number(value, sizeof(T), show, names);
}
inline Shown show_value(const Uuid& value, Show, std::span<const Name>) { return {to_string(value), {}}; }
inline Shown show_value(Filetime value, Show, std::span<const Name>) { return show_filetime(value); }
inline Shown show_value(MinorMajor v, Show, std::span<const Name>) {
    return {std::to_string(v.major) + "." + std::to_string(v.minor), {}};
}
inline Shown show_value(MajorMinor v, Show, std::span<const Name>) {
    return {std::to_string(v.major) + "." + std::to_string(v.minor), {}};
}
template <std::size_t size> Shown show_value(const FixedBytes<size>& value, Show show, std::span<const Name>) {
    return show_bytes(value, show);
}

}  // namespace detail

/// Adds one child for each field, the first of them at `offset`. Returns the offset behind the last.
template <class T>
std::size_t describe_fields(std::span<const Field<T>> fields, const T& value, std::size_t offset, Node& parent) {
    for (const auto& f : fields) {
        auto shown = std::visit([&](auto m) { return detail::show_value(value.*m, f.show, f.names); }, f.member);
        const std::size_t size = size_of(f);
        parent.add({.key = std::string{f.key},
                    .label = std::string{f.label},
                    .offset = offset,
                    .size = size,
                    .value = std::move(shown.value),
                    .meaning = std::move(shown.meaning)});
        offset += size;
    }
    return offset;
}

}  // namespace diag
