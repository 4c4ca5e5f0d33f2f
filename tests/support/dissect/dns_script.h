#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "tests/support/packet_builder.h"

/// DNS between a client and its servers as packets. Written without libdiag/proto/dns on purpose.
namespace diag::test {

namespace dns_flags {
inline constexpr std::uint16_t query = 0x0100, iterative_query = 0, answer = 0x8180, truncated_answer = 0x8380;
}

/// RFC 1035 4.1: what a test wants of a message.
struct DnsMessage {
    std::uint16_t id = 1;
    std::uint16_t flags = dns_flags::query;
    std::string name = "_vlmcs._tcp.corp.test";
    std::uint16_t type = 33;
    std::vector<ByteVector> answers = {};
    std::vector<ByteVector> additionals = {};
};
ByteVector to_bytes(const DnsMessage& message);

ByteVector dns_name(std::string_view name);
ByteVector srv_record(std::string_view owner, std::string_view target, std::uint16_t port = 1688,
                      std::uint32_t ttl = 3600);
/// A or AAAA, by the family.
ByteVector address_record(std::string_view owner, std::string_view address);
ByteVector alias_record(std::string_view owner, std::string_view target);

/// Datagrams and connections between one client and its DNS servers, a millisecond apart. What follows the last packet is a
/// minute of silence, unless told.
class DnsScript {
public:
    Endpoint client = endpoint("192.0.2.77", 50'001);
    Endpoint server = endpoint("192.0.2.53", 53);
    bool capture_goes_on = true;

    DnsScript& ask(const DnsMessage& message) { return datagram(client, server, to_bytes(message)); }
    DnsScript& answer(DnsMessage message, std::uint16_t rcode = 0);
    /// Both, over UDP.
    DnsScript& lookup(DnsMessage message, std::vector<ByteVector> answers, std::uint16_t rcode = 0);
    DnsScript& datagram(const Endpoint& from, const Endpoint& to, const ByteVector& message);
    /// "Port unreachable" for the datagram that was sent last.
    DnsScript& unreachable(const IpAddress& router);
    DnsScript& wait(std::int64_t ns);
    DnsScript& add(const std::vector<TestPacket>& packets);  ///< as they are, behind the others

    std::vector<TestPacket> packets() const;
    std::vector<boost::json::object> documents() const;
    /// "ID, code" of each finding in all documents, in order.
    std::vector<std::string> said() const;
    Timestamp now() const { return now_; }

private:
    std::vector<TestPacket> packets_;
    ByteVector last_ip_packet_;
    Timestamp now_{1'764'000'000'000'000'000};
};

}  // namespace diag::test
