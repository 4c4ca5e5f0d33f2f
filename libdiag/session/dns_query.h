#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libdiag/proto/dns/decode.h"
#include "libdiag/session/actions.h"
#include "libdiag/wire/reader.h"

// One question to one DNS server, and what came of it.

namespace diag::session {

enum class DnsTransport : std::uint8_t { udp, tcp };
std::string_view name_of(DnsTransport transport);

struct DnsQuery {
    Endpoint server;
    std::string name;  ///< absolute, with or without its final dot
    std::uint16_t type = dns::type::srv;
    bool recursion_desired = true;
    bool edns = true;
    DnsTransport transport = DnsTransport::udp;
};

enum class DnsEnd : std::uint8_t {
    pending,
    answered,
    no_answer,    ///< nothing usable came within the timeout
    unreachable,  ///< the port is closed, or an ICMP error said so
    malformed,    ///< an answer that does not decode
    bad_name,     ///< the name cannot be asked for
};
std::string_view name_of(DnsEnd end);

/// Where an exchange stands in a capture. Without packets we had it ourselves.
struct CapturedExchange {
    std::vector<std::uint64_t> packets;  ///< the question, then what ended it, if anything did
    unsigned asked_count = 1;
    std::vector<std::string> remarks;  ///< what else came, and is no answer
};

/// What is wrong with an answer that cannot be used.
struct AnswerProblem {
    std::optional<WireError> error;  ///< where it breaks; none: it is whole, and answers another question
};

/// Owns the bytes into which its message points: it can be moved, not copied.
struct DnsReply {
    DnsReply() = default;
    DnsReply(DnsReply&&) = default;
    DnsReply& operator=(DnsReply&&) = default;

    DnsQuery query;
    DnsEnd end = DnsEnd::pending;
    std::chrono::nanoseconds duration{0};
    ByteVector bytes;
    dns::Message message;                  ///< of an answer
    std::optional<AnswerProblem> problem;  ///< of one that is malformed; none: nothing more is known
    CapturedExchange captured;

    std::optional<std::uint16_t> rcode() const {
        return end == DnsEnd::answered ? std::optional{message.rcode()} : std::nullopt;
    }
    bool is_truncated() const { return end == DnsEnd::answered && (message.header.flags & dns::flag::tc) != 0; }
    bool is_authoritative() const { return end == DnsEnd::answered && (message.header.flags & dns::flag::aa) != 0; }
};

/// The question as bytes, with an id of 0; nullopt for a name that is none.
std::optional<ByteVector> encode_query(const DnsQuery& query);

/// Reads an answer into `reply`, whose query is set. What does not answer the question is malformed.
void take_answer(DnsReply& reply, ByteVector bytes);

}  // namespace diag::session
