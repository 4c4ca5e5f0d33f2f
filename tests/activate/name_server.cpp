#include "tests/activate/name_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "libdiag/proto/dns/decode.h"

namespace diag::test {

namespace {

constexpr int poll_ms = 20;
constexpr std::uint16_t name_error = 3;

dns::DomainName name_of(const std::string& text) { return dns::DomainName::parse(text).value(); }

}  // namespace

NameServer::NameServer() : fd_{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0)
        throw std::runtime_error{"no port for a DNS server"};
}

NameServer::~NameServer() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    ::close(fd_);
}

NameServer& NameServer::add(const std::string& name, std::uint16_t type, dns::RecordData data) {
    records_.push_back({.name = name_of(name), .type = type, .ttl = 60, .data = data});
    return *this;
}

NameServer& NameServer::srv(const std::string& name, std::uint16_t priority, std::uint16_t port,
                            const std::string& target) {
    return add(name, dns::type::srv, dns::Srv{.priority = priority, .port = port, .target = name_of(target)});
}

NameServer& NameServer::address(const std::string& name, const std::string& address) {
    return add(name, dns::type::a, IpAddress::parse(address).value());
}

NameServer& NameServer::rcode(std::uint16_t code) {
    rcode_ = code;
    return *this;
}

Endpoint NameServer::start() {
    sockaddr_in local{};
    socklen_t size = sizeof local;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&local), &size);
    thread_ = std::thread{[this] { run(); }};
    return {.ip = IpAddress::parse("127.0.0.1").value(), .port = ntohs(local.sin_port)};
}

void NameServer::run() {
    while (!stop_) {
        pollfd wanted{.fd = fd_, .events = POLLIN, .revents = 0};
        if (::poll(&wanted, 1, poll_ms) <= 0) continue;
        std::uint8_t buffer[2048];
        sockaddr_in peer{};
        socklen_t peer_size = sizeof peer;
        const ssize_t size = ::recvfrom(fd_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&peer), &peer_size);
        if (size <= 0) continue;
        const ByteVector reply = answer({buffer, static_cast<std::size_t>(size)});
        ::sendto(fd_, reply.data(), reply.size(), 0, reinterpret_cast<const sockaddr*>(&peer), peer_size);
    }
}

ByteVector NameServer::answer(Bytes query) const {
    const auto asked = dns::decode_partial(query).message;
    if (asked.questions.size() != 1) return {};
    const dns::Question& question = asked.questions.front();
    dns::Message reply;
    reply.questions = {question};
    bool is_known = false;
    for (const dns::Record& record : records_) {
        if (record.name != question.name) continue;
        is_known = true;
        if (record.type == question.type) reply.answers.push_back(record);
    }
    const std::uint16_t code = rcode_ != 0 ? rcode_ : is_known ? 0 : name_error;
    if (code != 0) reply.answers.clear();
    reply.header.id = asked.header.id;
    reply.header.flags =
        static_cast<std::uint16_t>(dns::flag::qr | dns::flag::aa | dns::flag::rd | dns::flag::ra | code);
    return dns::encode_message(reply).value();
}

}  // namespace diag::test
