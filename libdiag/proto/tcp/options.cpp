#include "libdiag/proto/tcp/options.h"

#include <algorithm>
#include <cassert>

namespace diag::tcp {

using namespace detail;

namespace {

void read_option(std::uint8_t kind, Bytes content, Options& out) {
    Reader r{content, std::endian::big};
    switch (kind) {
        case option_kind::mss:
            if (content.size() == 2) out.maximum_segment_size = r.u16("mss");
            break;
        case option_kind::window_scale:
            if (content.size() == 1) out.window_scale = r.u8("window_scale");
            break;
        case option_kind::sack_permitted: out.sack_permitted = true; break;
        case option_kind::sack:
            while (r.remaining() >= 8 && out.sack_count < max_sack_blocks) {
                SackBlock block{.begin = r.u32("sack_begin"), .end = r.u32("sack_end")};
                out.sack_blocks[out.sack_count++] = block;
            }
            break;
        case option_kind::timestamps:
            if (content.size() == 8) out.timestamps = Timestamps{.value = r.u32("tsval"), .echo_reply = r.u32("tsecr")};
            break;
        default: break;
    }
}

template <std::unsigned_integral... T> ByteVector numbers(T... values) {
    Writer w{std::endian::big};
    (w.number(values), ...);
    return w.take();
}

void write_option(Writer& w, std::uint8_t kind, Bytes content) {
    w.u8(kind);
    w.u8(static_cast<std::uint8_t>(content.size() + 2));
    w.bytes(content);
}

}  // namespace

DecodedOptions decode_options(Bytes bytes) {
    DecodedOptions out;
    out.error = each_option(
        bytes, [&](std::uint8_t kind, Bytes content, std::size_t) { read_option(kind, content, out.options); });
    return out;
}

ByteVector encode_options(const Options& options) {
    Writer w{std::endian::big};
    if (options.maximum_segment_size) write_option(w, option_kind::mss, numbers(*options.maximum_segment_size));
    if (options.window_scale) write_option(w, option_kind::window_scale, numbers(*options.window_scale));
    if (options.sack_permitted) write_option(w, option_kind::sack_permitted, {});
    if (options.timestamps)
        write_option(w, option_kind::timestamps, numbers(options.timestamps->value, options.timestamps->echo_reply));
    if (options.sack_count > 0) {
        Writer blocks{std::endian::big};
        for (std::size_t i = 0; i < options.sack_count; ++i)
            blocks.bytes(numbers(options.sack_blocks[i].begin, options.sack_blocks[i].end));
        write_option(w, option_kind::sack, blocks.view());
    }
    while (w.size() % 4 != 0) w.u8(option_kind::nop);
    assert(w.size() <= 40);
    return w.take();
}

}  // namespace diag::tcp
