#include <algorithm>
#include <span>
#include <vector>

#include "libdiag/redact/pseudonyms.h"
#include "libdiag/wire/load.h"

namespace diag::redact {
namespace {

// Addresses that only stand for each other. What follows the prefix changes.
struct AddressClass {
    std::string_view prefix;  // an address
    std::size_t prefix_bits;
    enum class Kind : std::uint8_t {
        mapped,    // each to another of the class
        stays,     // nobody's, or everybody's
        wraps_v4,  // the last four bytes are an IPv4 address
    } kind;
};
using Kind = AddressClass::Kind;

// The first that has an address is its class. None has a prefix so long that two addresses which differ in the last bit
// only would be of different ones: address() relies on it.
constexpr AddressClass v4_classes[] = {
    {"0.0.0.0", 8, Kind::stays},           // this network, RFC 1122
    {"10.0.0.0", 8, Kind::mapped},         // private, RFC 1918
    {"100.64.0.0", 10, Kind::mapped},      // shared, RFC 6598
    {"127.0.0.0", 8, Kind::mapped},        // loopback
    {"169.254.0.0", 16, Kind::mapped},     // link-local, RFC 3927
    {"172.16.0.0", 12, Kind::mapped},      // private
    {"192.168.0.0", 16, Kind::mapped},     // private
    {"224.0.0.0", 4, Kind::stays},         // multicast
    {"255.255.255.254", 31, Kind::stays},  // broadcast
    {"240.0.0.0", 4, Kind::mapped},        // reserved
    {"0.0.0.0", 0, Kind::mapped},
};
constexpr AddressClass v6_classes[] = {
    {"::", 127, Kind::stays},            // unspecified and loopback
    {"::ffff:0:0", 96, Kind::wraps_v4},  // mapped, RFC 4291 2.5.5.2
    {"64:ff9b::", 96, Kind::wraps_v4},   // translated, RFC 6052
    {"2001:db8::", 32, Kind::mapped},    // documentation, RFC 3849
    {"2001::", 32, Kind::mapped},        // Teredo, RFC 4380
    {"2002::", 16, Kind::mapped},        // 6to4, RFC 3056
    {"2000::", 3, Kind::mapped},         // all that is routed
    {"fc00::", 7, Kind::mapped},         // unique local, RFC 4193
    {"fe80::", 10, Kind::mapped},        // link-local
    {"ff00::", 8, Kind::stays},          // multicast
    {"::", 8, Kind::mapped},
    {"::", 0, Kind::mapped},
};

// A row with its prefix as bytes.
struct ReadClass {
    IpAddress prefix;
    std::size_t prefix_bits;
    Kind kind;

    bool contains(const IpAddress& address) const {
        const std::size_t whole = prefix_bits / 8;
        const auto begin = prefix.octets.begin();
        if (!std::equal(begin, begin + static_cast<std::ptrdiff_t>(whole), address.octets.begin())) return false;
        if (prefix_bits % 8 == 0) return true;
        return (address.octets[whole] ^ prefix.octets[whole]) >> (8 - prefix_bits % 8) == 0;
    }
};

std::vector<ReadClass> read_classes(std::span<const AddressClass> rows) {
    std::vector<ReadClass> out;
    for (const AddressClass& row : rows) out.push_back({*IpAddress::parse(row.prefix), row.prefix_bits, row.kind});
    return out;
}

const ReadClass& class_of(const IpAddress& address) {
    static const std::vector<ReadClass> v4 = read_classes(v4_classes), v6 = read_classes(v6_classes);
    const auto& classes = address.family == IpAddress::Family::v4 ? v4 : v6;
    return *std::ranges::find_if(classes, [&address](const ReadClass& c) { return c.contains(address); });
}

// Groups that every network has. Others may hold an address: of a cluster of load balancing (03-BF and 01-00-5E-7F with its IPv4
// address), of a host's solicited-node group (33-33-FF).
bool is_well_known_group(const MacAddress& mac) {
    constexpr MacAddress broadcast{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    const auto front = load_be<std::uint32_t>(mac, 0);
    return mac == broadcast || front == 0x01005E00 || front == 0x0180C200 || front >> 8U == 0x333300;
}

}  // namespace

// Crypto-PAn (Xu, Fan, Ammar, Moon 2002): whether a bit flips is a keyed function of the bits before it, here eight of
// them from each hash: its bits are the nodes of the octet's binary tree.
IpAddress Pseudonyms::step(const IpAddress& address, std::size_t kept_bits) const {
    IpAddress out = address;
    const Bytes octets = address.bytes();
    const std::string_view purpose = address.family == IpAddress::Family::v4 ? "v4" : "v6";
    for (std::size_t i = kept_bits / 8; i < octets.size(); ++i) {
        const Digest digest = hash(purpose, octets.first(i));
        for (unsigned depth = 0; depth < 8; ++depth) {
            const std::size_t bit = i * 8 + depth;
            if (bit < kept_bits) continue;
            const unsigned node = (1U << depth) - 1 + (static_cast<unsigned>(octets[i]) >> (8 - depth));
            const bool flips = bit == kept_bits || (digest[node / 8] >> (node % 8) & 1) != 0;
            if (flips) out.octets[i] = static_cast<std::uint8_t>(out.octets[i] ^ 0x80U >> depth);
        }
    }
    return out;
}

IpAddress Pseudonyms::address(const IpAddress& address) const {
    if (const auto known = addresses_.find(address); known != addresses_.end()) return known->second;
    if (addresses_.size() >= max_remembered) addresses_.clear();
    const IpAddress found = find_address(address);
    addresses_.emplace(address, found);
    return found;
}

// A step may lead into another class. Going on until it leads back is a permutation of each class, as the step is one
// of all; and as addresses with a long common prefix are in the same classes on the way, they keep it.
IpAddress Pseudonyms::find_address(const IpAddress& address) const {
    const ReadClass& its_class = class_of(address);
    if (its_class.kind == Kind::stays) return address;
    IpAddress out = address;
    if (its_class.kind == Kind::wraps_v4) {
        const IpAddress inner = this->address(IpAddress::v4(address.bytes().last(4)));
        std::ranges::copy(inner.bytes(), out.octets.end() - 4);
        return out;
    }
    do out = step(out, its_class.prefix_bits);
    while (&class_of(out) != &its_class);
    // Around in a circle of which it is the only one of its class: so is its neighbour, which takes its place.
    if (out == address) out.octets[address.bytes().size() - 1] ^= 1U;
    return out;
}

MacAddress Pseudonyms::mac(const MacAddress& mac) const {
    constexpr std::uint8_t group_bit = 0x01, local_bit = 0x02;
    if (is_well_known_group(mac)) return mac;
    if (const auto known = macs_.find(mac); known != macs_.end()) return known->second;
    if (macs_.size() >= max_remembered) macs_.clear();
    const Digest digest = hash("mac", mac);
    MacAddress out;
    std::copy_n(digest.begin(), out.size(), out.begin());
    out[0] = static_cast<std::uint8_t>((out[0] & ~group_bit) | local_bit | (mac[0] & group_bit));
    macs_.emplace(mac, out);
    return out;
}

}  // namespace diag::redact
