#pragma once

#include "libdiag/base/hex.h"
#include "libdiag/base/utf.h"
#include "libdiag/report/json_writer.h"
#include "libdiag/wire/field.h"

namespace diag::report {

namespace detail {

template <std::unsigned_integral T> void write_value(JsonWriter& json, T value, Show show) {
    switch (show) {
        case Show::boolean: return json.value(value != 0);
        case Show::code: return json.plain(format_code(static_cast<std::uint32_t>(value)));
        default: return json.value(value);
    }
}
inline void write_value(JsonWriter& json, const Uuid& value, Show) { json.value(value); }
inline void write_value(JsonWriter& json, Filetime value, Show) { json.value(value.ticks); }
inline void write_version(JsonWriter& json, unsigned major, unsigned minor) {
    json.plain(std::to_string(major) + '.' + std::to_string(minor));
}
inline void write_value(JsonWriter& json, MinorMajor v, Show) { write_version(json, v.major, v.minor); }
inline void write_value(JsonWriter& json, MajorMinor v, Show) { write_version(json, v.major, v.minor); }
template <std::size_t size> void write_value(JsonWriter& json, const FixedBytes<size>& value, Show show) {
    switch (show) {
        case Show::text: return json.value(std::string_view{utf8_from_utf16le(value)});
        case Show::upper_bytes: return json.plain(to_upper_hex(value));
        default: return json.plain(to_hex(value));
    }
}

constexpr std::string_view filetime_suffix = "_filetime";

constexpr Filetime whole_seconds(Filetime time) { return {time.ticks - time.ticks % 10'000'000}; }

}  // namespace detail

/// Writes each field of the table as a member of the open object. A FILETIME stands twice: as the integer of the wire,
/// and under the same key with `_utc` for `_filetime` as RFC 3339, cut to whole seconds as event logs show it.
template <class T> void write_fields(JsonWriter& json, std::span<const Field<T>> fields, const T& object) {
    for (const auto& f : fields) {
        if (!f.in_json) continue;
        std::visit(
            [&](auto m) {
                json.key(f.key);
                detail::write_value(json, object.*m, f.show);
                if constexpr (std::is_same_v<std::remove_cvref_t<decltype(object.*m)>, Filetime>) {
                    if (f.key.ends_with(detail::filetime_suffix)) {
                        std::string key{f.key.substr(0, f.key.size() - detail::filetime_suffix.size())};
                        key += "_utc";
                        json.plain_member(key, format_rfc3339(detail::whole_seconds(object.*m)));
                    }
                }
            },
            f.member);
    }
}

}  // namespace diag::report
