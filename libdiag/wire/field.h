#pragma once

#include <array>
#include <span>
#include <string_view>
#include <variant>

#include "libdiag/base/bytes.h"
#include "libdiag/base/time.h"
#include "libdiag/base/uuid.h"
#include "libdiag/wire/reader.h"
#include "libdiag/wire/writer.h"

namespace diag {

/// A number that has a name in a specification.
struct Name {
    std::uint64_t value;
    std::string_view name;
};

/// The name of a value, or an empty text.
constexpr std::string_view name_of(std::span<const Name> names, std::uint64_t value) {
    for (const Name& n : names)
        if (n.value == value) return n.name;
    return {};
}

/// How a field is shown; its width on the wire follows from the type of its member.
enum class Show : std::uint8_t {
    decimal,      ///< number; with `names` the name stands beside it
    hex,          ///< 0x..., as many digits as the width has
    flags,        ///< hex, and the names of the bits that are set (`names` holds masks)
    boolean,      ///< 0 is false, anything else true
    code,         ///< HRESULT or fault status: "0xC004F074"
    text,         ///< UTF-16LE up to the first NUL
    bytes,        ///< hexadecimal digits, lower case
    upper_bytes,  ///< hexadecimal digits, upper case (hardware ids)
    address,      ///< 4 bytes: IPv4, 16 bytes: IPv6, others with colons as a MAC address
};

/// A version as KMS messages carry it: minor before major.
struct MinorMajor {
    std::uint16_t minor = 0;
    std::uint16_t major = 0;
    friend auto operator<=>(const MinorMajor&, const MinorMajor&) = default;
};

/// A version as DCE/RPC interfaces carry it: one 32-bit number with the major version in its low half (C706 §12.6.3.1), so
/// a little-endian wire has major before minor and a big-endian one has minor before major.
struct MajorMinor {
    std::uint16_t major = 0;
    std::uint16_t minor = 0;
    friend auto operator<=>(const MajorMinor&, const MajorMinor&) = default;
};

template <std::size_t size> using FixedBytes = std::array<std::uint8_t, size>;

/// Every type that a field of fixed width can have.
template <class T>
using Member = std::variant<std::uint8_t T::*, std::uint16_t T::*, std::uint32_t T::*, std::uint64_t T::*, Uuid T::*,
                            Filetime T::*, MinorMajor T::*, MajorMinor T::*, FixedBytes<2> T::*, FixedBytes<3> T::*,
                            FixedBytes<4> T::*, FixedBytes<6> T::*, FixedBytes<8> T::*, FixedBytes<16> T::*,
                            FixedBytes<32> T::*, FixedBytes<128> T::*>;

/// One field of a message. A table of these is the one description of a run of fixed fields: it decodes, encodes, draws
/// the tree and names the JSON.
template <class T> struct Field {
    std::string_view key;    ///< stable, for JSON and filters; the specification's spelling
    std::string_view label;  ///< for people
    Member<T> member;
    Show show = Show::decimal;
    std::span<const Name> names = {};
    bool in_json = true;  ///< false for what --json leaves out (magic numbers, reserved bytes)
};

namespace detail {

inline void read_value(Reader& r, std::string_view field, std::unsigned_integral auto& out) {
    out = r.number<std::remove_reference_t<decltype(out)>>(field);
}
inline void read_value(Reader& r, std::string_view field, Uuid& out) { out = r.uuid(field); }
inline void read_value(Reader& r, std::string_view field, Filetime& out) { out.ticks = r.u64(field); }
inline void read_value(Reader& r, std::string_view field, MinorMajor& out) {
    out.minor = r.u16(field);
    out.major = r.u16(field);
}
inline void read_value(Reader& r, std::string_view field, MajorMinor& out) {
    const std::uint32_t both = r.u32(field);
    out.major = static_cast<std::uint16_t>(both & 0xFFFF);
    out.minor = static_cast<std::uint16_t>(both >> 16);
}
template <std::size_t size> void read_value(Reader& r, std::string_view field, FixedBytes<size>& out) {
    out = r.array<size>(field);
}

inline void write_value(Writer& w, std::unsigned_integral auto value) { w.number(value); }
inline void write_value(Writer& w, const Uuid& value) { w.uuid(value); }
inline void write_value(Writer& w, Filetime value) { w.u64(value.ticks); }
inline void write_value(Writer& w, MinorMajor value) {
    w.u16(value.minor);
    w.u16(value.major);
}
inline void write_value(Writer& w, MajorMinor value) { w.u32(std::uint32_t{value.minor} << 16 | value.major); }
template <std::size_t size> void write_value(Writer& w, const FixedBytes<size>& value) { w.bytes(value); }

}  // namespace detail

/// Reads the fields one after the other. Ask the reader whether it failed; what was read before stays in `out`.
template <class T> void decode_fields(Reader& r, std::span<const Field<T>> fields, T& out) {
    for (const auto& f : fields) std::visit([&](auto m) { detail::read_value(r, f.key, out.*m); }, f.member);
}

template <class T> void encode_fields(Writer& w, std::span<const Field<T>> fields, const T& value) {
    for (const auto& f : fields) std::visit([&](auto m) { detail::write_value(w, value.*m); }, f.member);
}

/// Bytes that one field takes on the wire.
template <class T> constexpr std::size_t size_of(const Field<T>& field) {
    return std::visit([](auto m) { return sizeof(std::declval<T&>().*m); }, field.member);
}

/// Bytes that the whole table takes on the wire.
template <class T> constexpr std::size_t size_of(std::span<const Field<T>> fields) {
    std::size_t size = 0;
    for (const auto& f : fields) size += size_of(f);
    return size;
}

}  // namespace diag
