#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "libdiag/base/ip_address.h"

namespace diag::test {

/// A record of an answer.
struct DnsRecord {
    std::uint16_t type = 0;
    ByteVector data;
};

DnsRecord a_record(std::initializer_list<std::uint8_t> octets);
DnsRecord aaaa_record(std::uint8_t last_octet);  ///< 2001:db8::LAST
DnsRecord srv_record(std::uint16_t priority, std::uint16_t weight, std::uint16_t port, std::string_view target);

/// What a DnsServer does with a question.
struct DnsReply {
    bool silent = false;
    std::uint16_t rcode = 0;
    std::vector<DnsRecord> records = {};
};

/// A DNS server on a UDP port of loopback, in a thread of its own. Written without libdiag/proto/dns on purpose.
class DnsServer {
public:
    using Answer = std::function<DnsReply(const std::string& name, std::uint16_t type)>;

    explicit DnsServer(Answer answer);
    ~DnsServer();
    DnsServer(const DnsServer&) = delete;
    DnsServer& operator=(const DnsServer&) = delete;

    Endpoint endpoint() const { return {.ip = *IpAddress::parse("127.0.0.1"), .port = port_}; }
    unsigned question_count() const { return question_count_; }
    std::vector<std::uint16_t> message_ids() const;  ///< of the questions so far

private:
    void serve();

    Answer answer_;
    int fd_;
    std::uint16_t port_ = 0;
    std::atomic<bool> stop_ = false;
    std::atomic<unsigned> question_count_ = 0;
    mutable std::mutex ids_mutex_;
    std::vector<std::uint16_t> ids_;
    std::thread thread_;
};

}  // namespace diag::test
