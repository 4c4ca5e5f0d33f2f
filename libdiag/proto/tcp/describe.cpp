#include "libdiag/proto/tcp/describe.h"

#include "libdiag/proto/tcp/options.h"
#include "libdiag/proto/tcp/segment.h"

namespace diag::tcp {
namespace {

constexpr Name option_names[] = {
    {0, "End of options"}, {1, "No operation"}, {2, "Maximum segment size"}, {3, "Window scale"},
    {4, "SACK permitted"}, {5, "SACK"},         {8, "Timestamps"},           {19, "MD5 signature"},
    {28, "User timeout"},  {29, "TCP-AO"},      {30, "Multipath TCP"},       {34, "Fast Open cookie"},
};

std::string value_of(std::uint8_t kind, Bytes content) {
    Reader r{content, std::endian::big};
    switch (kind) {
        case detail::option_kind::mss: return std::to_string(r.u16(""));
        case detail::option_kind::window_scale: return std::to_string(r.u8(""));
        case detail::option_kind::timestamps: {
            const std::uint32_t value = r.u32("");
            return "value " + std::to_string(value) + ", echo reply " + std::to_string(r.u32(""));
        }
        case detail::option_kind::sack: {
            std::string text;
            while (r.remaining() >= 8) {
                const std::uint32_t begin = r.u32("");
                if (!text.empty()) text += ", ";
                text += std::to_string(begin) + "-" + std::to_string(r.u32(""));
            }
            return text;
        }
        default: return diag::detail::show_bytes(content, Show::bytes).value;
    }
}

Node describe_options(Bytes options, std::size_t offset) {
    Node node{.key = "options", .label = "Options", .offset = offset, .size = options.size()};
    const auto error = detail::each_option(options, [&](std::uint8_t kind, Bytes content, std::size_t at) {
        const bool has_length = kind != detail::option_kind::end && kind != detail::option_kind::nop;
        const std::string_view name = name_of(option_names, kind);
        node.add({.key = "option",
                  .label = name.empty() ? "Option " + std::to_string(kind) : std::string{name},
                  .offset = offset + at,
                  .size = content.size() + (has_length ? 2U : 1U),
                  .value = value_of(kind, content)});
    });
    if (error) node.meaning = "damaged or cut";
    return node;
}

}  // namespace

Node describe_segment(Bytes captured, std::uint32_t size, std::size_t offset) {
    Node node{.key = "tcp", .label = "Transmission Control Protocol", .offset = offset};
    Reader r{captured, std::endian::big, offset};
    Header header;
    decode_fields(r, header_fields, header);
    if (r.failed()) {
        node.size = captured.size();
        node.meaning = "truncated";
        return node;
    }
    node.size = min_header_size;
    const std::size_t options_offset = describe_fields(header_fields, header, offset, node);
    const auto segment = decode_segment(captured, size);
    if (!segment) {
        node.meaning = "header length is wrong";
        return node;
    }
    for (Node& child : node.children)
        if (child.key == "data_offset") child.meaning = std::to_string(segment->header_size) + " bytes";
    if (!segment->options.empty()) node.add(describe_options(segment->options, options_offset));
    node.size += segment->options.size();
    node.add({.key = "payload_size",
              .label = "Payload",
              .value = std::to_string(segment->payload_size),
              .meaning = "bytes"});
    return node;
}

}  // namespace diag::tcp
