#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "libdiag/proto/dns/message.h"

namespace diag::test {

/// A DNS server on a loopback port of the system's choice, over UDP, in a thread of its own. It answers from a table: a name
/// with records but none of the type that is asked for has an empty answer, one without records does not exist (NXDOMAIN).
class NameServer {
public:
    NameServer();
    ~NameServer();

    NameServer& srv(const std::string& name, std::uint16_t priority, std::uint16_t port, const std::string& target);
    NameServer& address(const std::string& name, const std::string& address);
    /// Every question gets this RCODE.
    NameServer& rcode(std::uint16_t code);
    /// The table is complete.
    Endpoint start();

private:
    NameServer& add(const std::string& name, std::uint16_t type, dns::RecordData data);
    void run();
    ByteVector answer(Bytes query) const;

    int fd_;
    std::uint16_t rcode_ = 0;
    std::vector<dns::Record> records_;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

}  // namespace diag::test
