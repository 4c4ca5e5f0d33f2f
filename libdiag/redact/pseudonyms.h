#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "libdiag/base/ip_address.h"
#include "libdiag/base/uuid.h"
#include "libdiag/proto/dns/domain_name.h"
#include "libdiag/proto/kms/openssl.h"

namespace diag::redact {

using MacAddress = std::array<std::uint8_t, 6>;

/// Names, addresses and ids that stand for the true ones. Which, follows from the key and the true one alone, so that
/// what was equal in a capture, a log and a saved output stays equal, and two runs with one key agree.
///
/// Every pseudonym takes as many bytes as the true one, in UTF-8, UTF-16 and on the wire, but for addresses in text. It
/// stays in the class by which rules go, and is never the true one, but for what is nobody's (see each).
///
/// Not thread-safe: holds a hash context, and the addresses that it was asked for last, since each packet has four.
class Pseudonyms {
public:
    /// `key`: any bytes; two of the same are the same pseudonyms.
    explicit Pseudonyms(Bytes key);
    Pseudonyms(const Pseudonyms&) = delete;
    Pseudonyms& operator=(const Pseudonyms&) = delete;

    /// One label of a name, or a text of any other kind: UTF-8, or what a wire has. Letters become letters and digits
    /// digits, by what stands before them; other ASCII stays. So the same name in another case keeps its likeness, and
    /// a name that was cut (15 characters in NetBIOS) stays the beginning of the whole. Other characters become some of
    /// the same size.
    std::string label(std::string_view text) const;

    /// A label of digits only that may be part of an address in text: a number of as many digits and at most 255
    /// becomes one. All others: label().
    std::string name_label(std::string_view text) const;

    /// A name label by label. What clients ask for stays: "_vlmcs", "_tcp" and what zones have in their place
    /// (proto/dns/service_name.h), and the last two of a reverse name.
    dns::DomainName name(const dns::DomainName& name) const;
    /// As text, with any escapes of presentation form and a final dot. Text that is no name: its parts between dots.
    std::string name(std::string_view text) const;

    /// The host in a text: an address (its length may change), or else a name; in brackets or not, with or without a
    /// port, which stays.
    std::string host(std::string_view text) const;

    /// Addresses with the same first bits keep as many the same, within their class: private, shared, loopback,
    /// link-local, unique local, documentation (IPv6), translated (NAT64, mapped: by their IPv4 address) and all
    /// others. The classes' own bits stay. As it is: 0.0.0.0/8, multicast, 255.255.255.255, :: and ::1.
    IpAddress address(const IpAddress& address) const;

    /// Locally administered, whatever it was; group addresses stay as they are.
    MacAddress mac(const MacAddress& mac) const;

    /// Keeps the digit of its version and its variant; the nil id stays.
    Uuid machine_id(const Uuid& id) const;

    /// In the usual form: the number of the key, within the host key's block, and the day of the year. Other text:
    /// label().
    std::string epid(std::string_view text) const;

    std::array<std::uint8_t, 8> hwid(const std::array<std::uint8_t, 8>& hwid) const;

private:
    using Digest = kms::Sha256::Digest;

    // Hash of some bytes for one purpose, under the key.
    Digest hash(std::string_view purpose, Bytes bytes) const;
    // A number below `end`, which is not 0.
    std::uint32_t number(std::string_view purpose, std::string_view text, std::uint32_t end) const;

    static constexpr std::size_t max_remembered = 4096;  // addresses of each kind

    IpAddress find_address(const IpAddress& address) const;
    IpAddress step(const IpAddress& address, std::size_t kept_bits) const;
    std::string digits(std::string_view purpose, std::string_view text) const;
    std::uint32_t key_id(std::uint32_t group_id, std::uint32_t key_id) const;

    mutable kms::Sha256 sha256_;
    mutable kms::HmacSha256 hmac_;
    mutable std::map<IpAddress, IpAddress> addresses_;
    mutable std::map<MacAddress, MacAddress> macs_;
};

/// A label by which clients or rules go, wherever it stands in a name: "_vlmcs", "_tcp", the names that checks make up.
bool is_service_label(std::string_view label);

}  // namespace diag::redact
