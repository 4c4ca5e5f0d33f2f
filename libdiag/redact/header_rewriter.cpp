#include "libdiag/redact/header_rewriter.h"

#include <algorithm>

#include "libdiag/proto/tcp/options.h"
#include "libdiag/wire/load.h"

namespace diag::redact {
namespace {

using Kind = ip::Layer::Kind;
using Out = std::span<std::uint8_t>;

/// One header, old and new.
struct Header {
    Bytes in;
    Out out;
    const Pseudonyms& pseudonyms;

    void copy(std::size_t offset, std::size_t size) const {
        if (offset >= in.size()) return;
        std::ranges::copy(head(in.subspan(offset), size), out.begin() + static_cast<std::ptrdiff_t>(offset));
    }
    void mac(std::size_t offset) const {
        if (in.size() < offset + 6) return;
        MacAddress address{};
        std::ranges::copy(in.subspan(offset, 6), address.begin());
        std::ranges::copy(pseudonyms.mac(address), out.begin() + static_cast<std::ptrdiff_t>(offset));
    }
    void v4(std::size_t offset) const { address(offset, IpAddress::v4(in.subspan(offset, 4))); }
    void v6(std::size_t offset) const { address(offset, IpAddress::v6(in.subspan(offset, 16))); }

private:
    void address(std::size_t offset, const IpAddress& old) const {
        const IpAddress made = pseudonyms.address(old);
        std::ranges::copy(made.bytes(), out.begin() + static_cast<std::ptrdiff_t>(offset));
    }
};

/// An address of a "cooked" capture: of Ethernet, or of a kind that we do not know.
void cooked_address(const Header& h, std::size_t size, std::size_t offset) {
    if (size == 6) h.mac(offset);
}

/// Authentication: all but the check value, which no reader without the key can verify (RFC 4302 2).
constexpr std::size_t authentication_fixed_size = 12;

constexpr bool is_kept(std::uint8_t kind) {
    using namespace tcp::detail;
    switch (kind) {
        case option_kind::mss:
        case option_kind::window_scale:
        case option_kind::sack_permitted:
        case option_kind::sack:
        case option_kind::timestamps: return true;
        default: return false;
    }
}

}  // namespace

void rewrite_header(const ip::Layer& layer, Bytes frame, Out out, const Pseudonyms& pseudonyms) {
    const Header h{.in = frame.subspan(layer.offset, layer.size),
                   .out = out.subspan(layer.offset, layer.size),
                   .pseudonyms = pseudonyms};
    switch (layer.kind) {
        case Kind::ethernet:
            h.mac(0);
            h.mac(6);
            return h.copy(12, 2);
        case Kind::linux_sll:
            h.copy(0, 6);
            cooked_address(h, load_be<std::uint16_t>(h.in, 4), 6);
            return h.copy(14, 2);
        case Kind::linux_sll2:
            h.copy(0, 2);
            h.copy(4, 8);
            return cooked_address(h, h.in[11], 12);
        case Kind::ipv4:
            h.copy(0, 12);
            h.v4(12);
            return h.v4(16);
        case Kind::ipv6:
            h.copy(0, 8);
            h.v6(8);
            return h.v6(24);
        // Zeros are a routing header without a way to go, and padding (RFC 8200 4.2, 4.4).
        case Kind::extension: return h.copy(0, 2);
        case Kind::authentication: return h.copy(0, authentication_fixed_size);
        case Kind::geneve: return h.copy(0, 8);
        // The hardware's own part of version 3 is left out.
        case Kind::erspan: return h.copy(0, 12);
        case Kind::vxlan:  // RFC 7348 5: flags and network identifier; the rest is reserved
            h.copy(0, 1);
            return h.copy(4, 3);
        case Kind::vlan:
        case Kind::snap:
        case Kind::pppoe:
        case Kind::mpls:
        case Kind::loopback:
        case Kind::fragment_header:
        case Kind::gre:
        case Kind::udp: return h.copy(0, layer.size);
    }
}

void rewrite_tcp_options(Bytes options, Out out) {
    const auto copy = [&](std::uint8_t kind, Bytes content, std::size_t offset) {
        const bool is_single = kind == tcp::detail::option_kind::end || kind == tcp::detail::option_kind::nop;
        const std::size_t size = is_single ? 1 : content.size() + 2;
        const Out place = out.subspan(offset, size);
        if (is_single || is_kept(kind)) {
            std::ranges::copy(options.subspan(offset, size), place.begin());
        } else {
            std::ranges::fill(place, tcp::detail::option_kind::nop);
        }
    };
    tcp::detail::each_option(options, copy);
}

}  // namespace diag::redact
