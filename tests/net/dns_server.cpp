#include "tests/net/dns_server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace diag::test {
namespace {

constexpr std::uint16_t type_a = 1, type_aaaa = 28, type_srv = 33;
constexpr std::size_t header_size = 12;

void add_u16(ByteVector& out, std::size_t value) {
    out.push_back(static_cast<std::uint8_t>(value >> 8 & 0xFF));
    out.push_back(static_cast<std::uint8_t>(value & 0xFF));
}

void add_name(ByteVector& out, std::string_view name) {
    while (!name.empty()) {
        const std::size_t size = std::min(name.find('.'), name.size());
        out.push_back(static_cast<std::uint8_t>(size));
        out.insert(out.end(), name.begin(), name.begin() + static_cast<std::ptrdiff_t>(size));
        name.remove_prefix(std::min(size + 1, name.size()));
    }
    out.push_back(0);
}

struct Question {
    std::string name;
    std::uint16_t type = 0;
    std::size_t end = 0;  // where it ends in the message
};

Question question_in(const ByteVector& message) {
    Question question;
    std::size_t at = header_size;
    while (at < message.size() && message[at] != 0) {
        if (!question.name.empty()) question.name += '.';
        question.name.append(reinterpret_cast<const char*>(&message[at + 1]), message[at]);
        at += message[at] + std::size_t{1};
    }
    question.type = static_cast<std::uint16_t>(message.at(at + 1) << 8 | message.at(at + 2));
    question.end = at + 5;
    return question;
}

// RFC 1035 4.1: header, question, answers whose names point to the question.
ByteVector message_of(const ByteVector& asked, const Question& question, const DnsReply& reply) {
    ByteVector out(asked.begin(), asked.begin() + 2);
    add_u16(out, std::size_t{0x8180} | reply.rcode);
    add_u16(out, 1);
    add_u16(out, reply.records.size());
    add_u16(out, 0);
    add_u16(out, 0);
    out.insert(out.end(), asked.begin() + header_size, asked.begin() + static_cast<std::ptrdiff_t>(question.end));
    for (const DnsRecord& record : reply.records) {
        add_u16(out, 0xC00C);
        add_u16(out, record.type);
        add_u16(out, 1);
        add_u16(out, 0);
        add_u16(out, 300);
        add_u16(out, record.data.size());
        out.insert(out.end(), record.data.begin(), record.data.end());
    }
    return out;
}

}  // namespace

DnsRecord a_record(std::initializer_list<std::uint8_t> octets) { return {.type = type_a, .data = octets}; }

DnsRecord aaaa_record(std::uint8_t last_octet) {
    return {.type = type_aaaa, .data = {0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last_octet}};
}

DnsRecord srv_record(std::uint16_t priority, std::uint16_t weight, std::uint16_t port, std::string_view target) {
    DnsRecord record{.type = type_srv, .data = {}};
    for (const std::uint16_t number : {priority, weight, port}) add_u16(record.data, number);
    add_name(record.data, target);
    return record;
}

DnsServer::DnsServer(Answer answer) : answer_{std::move(answer)}, fd_{::socket(AF_INET, SOCK_DGRAM, 0)} {
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t size = sizeof address;
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error{"no port for a DNS server"};
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] { serve(); }};
}

DnsServer::~DnsServer() {
    stop_ = true;
    thread_.join();
    ::close(fd_);
}

std::vector<std::uint16_t> DnsServer::message_ids() const {
    const std::lock_guard lock{ids_mutex_};
    return ids_;
}

void DnsServer::serve() {
    while (!stop_) {
        pollfd wanted{.fd = fd_, .events = POLLIN, .revents = 0};
        if (::poll(&wanted, 1, 20) <= 0) continue;
        ByteVector asked(1500);
        sockaddr_in from{};
        socklen_t size = sizeof from;
        const ssize_t got = ::recvfrom(fd_, asked.data(), asked.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
        if (got < static_cast<ssize_t>(header_size + 5)) continue;
        asked.resize(static_cast<std::size_t>(got));
        ++question_count_;
        {
            const std::lock_guard lock{ids_mutex_};
            ids_.push_back(static_cast<std::uint16_t>(asked[0] << 8 | asked[1]));
        }
        const Question question = question_in(asked);
        const DnsReply reply = answer_(question.name, question.type);
        if (reply.silent) continue;
        const ByteVector message = message_of(asked, question, reply);
        static_cast<void>(::sendto(fd_, message.data(), message.size(), 0, reinterpret_cast<sockaddr*>(&from), size));
    }
}

}  // namespace diag::test
