#pragma once

#include <array>
#include <optional>

#include "libdiag/wire/reader.h"
#include "libdiag/wire/writer.h"

namespace diag::tcp {

/// Bytes [begin, end) that the sender of a SACK option already has (RFC 2018 3).
struct SackBlock {
    std::uint32_t begin = 0, end = 0;
    friend bool operator==(const SackBlock&, const SackBlock&) = default;
};

struct Timestamps {  // RFC 7323 3.2
    std::uint32_t value = 0, echo_reply = 0;
    friend bool operator==(const Timestamps&, const Timestamps&) = default;
};

inline constexpr std::size_t max_sack_blocks = 4;  // 40 bytes of options hold no more

struct Options {
    std::optional<std::uint16_t> maximum_segment_size;
    std::optional<std::uint8_t> window_scale;  ///< a shift count, as sent; RFC 7323 2.3 treats more than 14 as 14
    bool sack_permitted = false;
    std::array<SackBlock, max_sack_blocks> sack_blocks{};
    std::size_t sack_count = 0;
    std::optional<Timestamps> timestamps;
    friend bool operator==(const Options&, const Options&) = default;
};

/// What Segment::options says; unknown kinds are skipped. A damaged or cut option ends the reading: `options` then holds
/// those in front of it and `error` says what was wrong.
struct DecodedOptions {
    Options options;
    std::optional<WireError> error;
};
DecodedOptions decode_options(Bytes bytes);

/// The options padded with NOPs to a multiple of 4 bytes. They must fit into 40 bytes.
ByteVector encode_options(const Options& options);

namespace detail {

namespace option_kind {
inline constexpr std::uint8_t end = 0, nop = 1, mss = 2, window_scale = 3, sack_permitted = 4, sack = 5, timestamps = 8;
}

/// Calls `on_option(kind, content, offset)` for each option; NOPs and the end have empty content. Returns the first error.
template <class OnOption> std::optional<WireError> each_option(Bytes bytes, OnOption on_option) {
    Reader r{bytes, std::endian::big};
    while (r.remaining() > 0) {
        const std::size_t offset = r.position();
        const std::uint8_t kind = r.u8("option kind");
        std::size_t content_size = 0;
        if (kind != option_kind::end && kind != option_kind::nop) {
            const std::uint8_t length = r.u8("option length");
            if (length < 2) r.fail(WireError::Kind::malformed, "option length");
            content_size = r.failed() ? 0 : length - 2U;
        }
        const Bytes content = r.bytes(content_size, "option");
        if (r.failed()) return r.error();
        on_option(kind, content, offset);
        if (kind == option_kind::end) return {};
    }
    return {};
}

}  // namespace detail
}  // namespace diag::tcp
