#pragma once

#include <string>

#include "tests/support/dissect/conversation_script.h"
#include "tests/support/dissect/dns_script.h"

/// A client that looks for a KMS host in corp.test, for tests of its search.
namespace diag::test {

inline constexpr std::uint16_t type_a = 1, type_aaaa = 28;
inline const std::string service = "_vlmcs._tcp.corp.test", host = "kms.corp.test", other_host = "kms2.corp.test";

inline DnsMessage question_of(const std::string& name, std::uint16_t type, std::uint16_t id = 7) {
    return {.id = id, .name = name, .type = type};
}

/// Its SRV query, and the answer.
inline DnsScript with_service(std::vector<ByteVector> records = {srv_record(service, host)}) {
    DnsScript script;
    script.lookup({}, std::move(records));
    return script;
}

/// The client is served by 192.0.2.10, from now on.
inline std::vector<TestPacket> activation(const DnsScript& script, std::uint16_t port = 1688) {
    ConversationOptions options{.host = endpoint("192.0.2.10", port)};
    options.start = script.now();
    return conversation(options);
}

}  // namespace diag::test
