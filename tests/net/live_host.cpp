#include "tests/net/live_host.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "libdiag/net/clock.h"
#include "libdiag/net/random_source.h"
#include "libdiag/proto/dcerpc/pdu.h"
#include "libdiag/proto/dcerpc/stub.h"
#include "libdiag/session/kms_verdict.h"
#include "tests/support/vectors.h"

namespace diag::test {

using namespace std::chrono_literals;

namespace {

constexpr auto patience = 20s;  // for a busy machine; nothing waits so long when all is well

std::vector<session::Fault> parsed(const std::vector<std::string_view>& texts) {
    std::vector<session::Fault> faults;
    for (const std::string_view text : texts) faults.push_back(session::parse_fault(text).value());
    return faults;
}

std::system_error system_failure(const char* what) { return std::system_error{errno, std::generic_category(), what}; }

}  // namespace

LiveHost::LiveHost(HostPlan plan) : faults_{parsed(plan.faults)} {
    const auto ahead = to_timestamp(vector_time).ns - net::now().clock.ns;
    plan.host.clock_offset = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::nanoseconds{ahead});
    const auto random = std::make_shared<net::RandomSource>();
    host_ = session::KmsHost::create(
                plan.host, clients_, [random](std::span<std::uint8_t> out) { random->fill(out); },
                [this](const session::Event12290& event) { events_.push_back(event); })
                .value();
    if (plan.server.listen.empty()) plan.server.listen = {{.ip = IpAddress::parse("127.0.0.1").value(), .port = 0}};
    server_ = net::HostServer::create(plan.server, *host_, faults_, plan.settle).value();
    thread_ = std::thread{[this] { result_ = server_->run(); }};
}

std::expected<void, std::string> LiveHost::stop() {
    if (thread_.joinable()) server_->stop();
    return join();
}

std::expected<void, std::string> LiveHost::join() {
    if (thread_.joinable()) thread_.join();
    return result_;
}

ClientSocket::ClientSocket(std::uint16_t port, int receive_buffer_size)
    : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    if (fd_ < 0) throw system_failure("socket");
    if (receive_buffer_size != 0)
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_size, sizeof receive_buffer_size);
    const timeval limit{.tv_sec = patience.count(), .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw system_failure("connect");
}

ClientSocket::ClientSocket(ClientSocket&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}

ClientSocket::~ClientSocket() {
    if (fd_ >= 0) ::close(fd_);
}

bool ClientSocket::try_send(Bytes bytes) {
    while (!bytes.empty()) {
        const ssize_t size = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size < 0 && (errno == EPIPE || errno == ECONNRESET)) return false;
        if (size < 0) throw system_failure("send");
        bytes = bytes.subspan(static_cast<std::size_t>(size));
    }
    return true;
}

void ClientSocket::send(Bytes bytes) {
    if (!try_send(bytes)) throw std::runtime_error{"the host has closed the connection"};
}

void ClientSocket::end_sending() { ::shutdown(fd_, SHUT_WR); }

// Empty when the connection ends at or in it.
ByteVector ClientSocket::receive_pdu_or_end() {
    ByteVector pdu(16);
    std::size_t size = 0;
    while (size < pdu.size()) {
        const ssize_t got = ::recv(fd_, pdu.data() + size, pdu.size() - size, 0);
        if (got < 0 && errno != ECONNRESET) throw system_failure("recv");
        if (got <= 0) return {};
        size += static_cast<std::size_t>(got);
        if (size == 16) pdu.resize(std::max<std::size_t>(16, pdu[8] + pdu[9] * std::size_t{256}));
    }
    return pdu;
}

ByteVector ClientSocket::receive_pdu() {
    ByteVector pdu = receive_pdu_or_end();
    if (pdu.empty()) throw std::runtime_error{"the host has closed the connection"};
    return pdu;
}

bool ClientSocket::is_answered() { return !receive_pdu_or_end().empty(); }

ByteVector ClientSocket::receive_rest(End* how) {
    ByteVector all;
    std::uint8_t buffer[4096];
    for (;;) {
        const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
        if (got < 0 && errno != ECONNRESET) throw system_failure("recv");
        if (how != nullptr) *how = got < 0 ? End::reset : End::closed;
        if (got <= 0) return all;
        all.insert(all.end(), buffer, buffer + got);
    }
}

bool ClientSocket::has_something(std::chrono::milliseconds time) {
    pollfd wanted{.fd = fd_, .events = POLLIN, .revents = 0};
    return ::poll(&wanted, 1, static_cast<int>(time.count())) > 0;
}

ByteVector pdu_vector(std::string_view id) {
    return bytes_of(with_id(vector_file("rpc_pdus.json").at("pdus"), id), "pdu");
}

std::uint32_t count_in(Bytes response_pdu) {
    const auto request_pdu = pdu_vector("request-v6-ndr32-win10-even");
    const auto asked = dcerpc::decode_pdu_partial(request_pdu);
    const auto answered = dcerpc::decode_pdu_partial(response_pdu);
    if (!answered.complete() || answered.response() == nullptr) throw std::runtime_error{"no response PDU"};
    kms::Codec codec{kms::lab_profile()};
    const auto stub = dcerpc::decode_request_stub(asked.request()->stub, dcerpc::Syntax::ndr32, std::endian::little);
    const auto answer = session::judge_answer(codec, codec.decode_request(stub.value().message),
                                              answered.response()->stub, dcerpc::Syntax::ndr32, std::endian::little);
    if (answer.verdict != session::KmsVerdict::activated && answer.verdict != session::KmsVerdict::not_enough_count)
        throw std::runtime_error{"verdict " + std::string{name_of(answer.verdict)}};
    return answer.response->base->count;
}

std::uint32_t ask(ClientSocket& socket) {
    socket.send(pdu_vector("bind-ndr32"));
    socket.receive_pdu();
    socket.send(pdu_vector("request-v6-ndr32-win10-even"));
    return count_in(socket.receive_pdu());
}

}  // namespace diag::test
