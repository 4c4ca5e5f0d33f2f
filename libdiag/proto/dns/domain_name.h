#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libdiag/wire/reader.h"

namespace diag::dns {

inline constexpr std::size_t max_label_size = 63;  // bytes; RFC 1035 2.3.4
inline constexpr std::size_t max_name_size = 255;  // bytes on the wire, with all lengths and the root
inline constexpr unsigned max_pointer_hops = 64;  // more than a name of 255 bytes can need, in messages made to be read

/// A domain name as its labels; they may hold any byte (RFC 2181 11). Absolute always: the root has no label.
class DomainName {
public:
    DomainName() = default;

    /// Reads presentation form (RFC 1035 5.1): "\." and "\\" for the characters, "\DDD" for any byte; a final dot may be
    /// there. nullopt for empty labels, labels or names that are too long, and bad escapes.
    static std::optional<DomainName> parse(std::string_view text);

    /// Adds a label behind the others. False, and nothing changes, when it is empty or the name would be too long.
    bool append(Bytes label);

    std::vector<Bytes> labels() const;  ///< views into this name
    bool is_root() const { return size_ == 0; }
    std::size_t wire_size() const { return size_ + 1U; }  ///< bytes, uncompressed
    Bytes wire_labels() const {
        return {wire_.data(), size_};
    }  ///< length and content of each label; the root's 0 left out

    /// As written; ASCII letters of either case are the same name (RFC 4343), for which there is is_same_name().
    friend bool operator==(const DomainName&, const DomainName&) = default;

private:
    // Each label behind its length byte, as on the wire without the final 0; unused bytes stay 0. In place: a name then needs
    // no allocation and no destructor (see RecordData).
    std::array<std::uint8_t, max_name_size - 1> wire_{};
    std::uint8_t size_ = 0;
};

/// Whether both mean the same name: without regard to the case of ASCII letters.
bool is_same_name(const DomainName& a, const DomainName& b);
/// Of names in presentation form. What is no name is the same as itself only.
bool is_same_name(std::string_view a, std::string_view b);

/// Printable text without a final dot; "." for the root. Dots and backslashes in labels are escaped by a backslash, other
/// bytes that are not printable ASCII and spaces as \DDD (RFC 4343 2.1). DomainName::parse() gives the name back.
std::string to_string(const DomainName& name);

/// Reads a name at the reader's position and leaves the reader behind it. `message` is the whole DNS message, which
/// compression pointers (RFC 1035 4.1.4) lead into: only backwards, at most max_pointer_hops of them. `r` reads part of
/// `message` and its offset() counts from the message's first byte.
DomainName read_name(Reader& r, Bytes message, std::string_view field);

}  // namespace diag::dns
