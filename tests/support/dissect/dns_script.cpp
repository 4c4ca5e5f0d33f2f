#include "tests/support/dissect/dns_script.h"

#include <boost/json.hpp>

#include "tests/support/dissect/decode_packets.h"

namespace diag::test {
namespace {

constexpr std::uint8_t udp = 17;
constexpr std::int64_t step_ns = 1'000'000;

ByteVector u16(std::size_t value) { return {static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value)}; }

ByteVector record(std::string_view owner, std::uint16_t type, std::uint32_t ttl, const ByteVector& data) {
    return join({dns_name(owner), u16(type), u16(1), u16(ttl >> 16U), u16(ttl & 0xFFFFU), u16(data.size()), data});
}

}  // namespace

ByteVector dns_name(std::string_view name) {
    ByteVector out;
    for (std::size_t at = 0; at < name.size();) {
        const std::size_t end = std::min(name.find('.', at), name.size());
        out.push_back(static_cast<std::uint8_t>(end - at));
        out.insert(out.end(), name.begin() + static_cast<std::ptrdiff_t>(at),
                   name.begin() + static_cast<std::ptrdiff_t>(end));
        at = end + 1;
    }
    out.push_back(0);
    return out;
}

ByteVector srv_record(std::string_view owner, std::string_view target, std::uint16_t port, std::uint32_t ttl) {
    return record(owner, 33, ttl, join({u16(0), u16(0), u16(port), dns_name(target)}));
}

ByteVector address_record(std::string_view owner, std::string_view address) {
    const IpAddress parsed = ip(address);
    const bool is_v4 = parsed.family == IpAddress::Family::v4;
    const ByteVector data{parsed.octets.begin(), parsed.octets.begin() + (is_v4 ? 4 : 16)};
    return record(owner, is_v4 ? 1 : 28, 3600, data);
}

ByteVector alias_record(std::string_view owner, std::string_view target) {
    return record(owner, 5, 3600, dns_name(target));
}

ByteVector to_bytes(const DnsMessage& m) {
    ByteVector out = join({u16(m.id), u16(m.flags), u16(1), u16(m.answers.size()), u16(0), u16(m.additionals.size()),
                           dns_name(m.name), u16(m.type), u16(1)});
    for (const auto* section : {&m.answers, &m.additionals})
        for (const ByteVector& one : *section) out = join({out, one});
    return out;
}

DnsScript& DnsScript::answer(DnsMessage message, std::uint16_t rcode) {
    if ((message.flags & 0x8000U) == 0) message.flags = dns_flags::answer;
    message.flags = static_cast<std::uint16_t>(message.flags | rcode);
    return datagram(server, client, to_bytes(message));
}

DnsScript& DnsScript::lookup(DnsMessage message, std::vector<ByteVector> answers, std::uint16_t rcode) {
    ask(message);
    message.answers = std::move(answers);
    return answer(message, rcode);
}

DnsScript& DnsScript::datagram(const Endpoint& from, const Endpoint& to, const ByteVector& message) {
    last_ip_packet_ = ip_packet(from.ip, to.ip, udp, udp_datagram(from, to, message));
    packets_.push_back({now_, ethernet_ip(last_ip_packet_)});
    return wait(step_ns);
}

DnsScript& DnsScript::unreachable(const IpAddress& router) {
    const bool is_v4 = client.ip.family == IpAddress::Family::v4;
    const ByteVector packet = is_v4 ? icmp_error(router, client.ip, 3, 3, 0, last_ip_packet_)
                                    : icmp_error(router, client.ip, 1, 4, 0, last_ip_packet_);
    packets_.push_back({now_, ethernet_ip(packet)});
    return wait(step_ns);
}

DnsScript& DnsScript::wait(std::int64_t ns) {
    now_.ns += ns;
    return *this;
}

DnsScript& DnsScript::add(const std::vector<TestPacket>& packets) {
    for (const TestPacket& packet : packets) {
        packets_.push_back(packet);
        now_ = std::max(now_, Timestamp{packet.time.ns + step_ns});
    }
    return *this;
}

std::vector<TestPacket> DnsScript::packets() const { return capture_goes_on ? with_silence(packets_) : packets_; }

std::vector<boost::json::object> DnsScript::documents() const {
    const auto all = packets();
    return decode_json(views_of(all));
}

std::vector<std::string> DnsScript::said() const {
    std::vector<std::string> said;
    for (const auto& document : documents()) {
        for (const auto& finding : document.at("findings").as_array()) {
            const auto& object = finding.as_object();
            const auto& code = object.at("windows_code");
            said.push_back(std::string{object.at("id").as_string()} +
                           (code.is_null() ? "" : ", " + std::string{code.as_string()}));
        }
    }
    return said;
}

}  // namespace diag::test
