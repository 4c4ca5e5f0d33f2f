#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "libdiag/base/ip_address.h"
#include "libdiag/proto/dns/tsig.h"
#include "libdiag/session/actions.h"
#include "libdiag/session/dns_query.h"

namespace diag::session {

/// For the driver: send `bytes` to `server` from a new socket, and hand in what comes back. Ends the attempt before it.
struct DnsAttempt {
    DnsTransport transport = DnsTransport::udp;
    Endpoint server;
    ByteVector bytes;  ///< for TCP with the length in front
};

struct DnsExchangeSettings {
    std::chrono::milliseconds attempt_time{2'000};  ///< that a server has for an answer, each time it is asked
    unsigned datagram_count = 2;                    ///< how often a server is asked over UDP before TCP is tried
};

inline constexpr std::size_t max_stray_count = 64;  // datagrams of an attempt that are no answer to it

/// Why no more is tried.
enum class DnsExchangeEnd : std::uint8_t {
    pending,
    answered,    ///< `answer` and `rcode`, which may be a refusal
    no_answer,   ///< nobody answered in time, or could be reached
    bad_answer,  ///< what came cannot be read
    not_signed,  ///< an answer that the key had to vouch for, and did not: no or a wrong signature, or a wrong time
};

struct DnsOutcome {
    DnsExchangeEnd end = DnsExchangeEnd::pending;
    Endpoint server;  ///< whom `end` is about
    DnsTransport transport = DnsTransport::udp;
    std::uint16_t rcode = 0;
    std::uint16_t tsig_error = 0;  ///< RFC 8945 3: what the server says of our signature, or (not_signed) we of its
    bool is_unreachable = false;   ///< no_answer, and not for silence: every attempt was refused, or had no way there
};

/// One message to a name server, or to one after another until one has something to say. Over UDP first; over TCP when the
/// answer was cut or there was none.
///
/// Owns no socket and no clock. Answers are a stranger's: those that do not come from the server, or answer something else,
/// are not seen, and at most max_stray_count of them are looked at. With a key, success counts only when it is signed;
/// refusals also when they are not, as servers that do not know a key cannot sign.
class DnsExchange {
public:
    /// `request`: its id is chosen for each attempt. `servers`: asked in this order, at least one. A query that a server cannot
    /// answer (SERVFAIL, REFUSED ...) goes to the next; what the first says to an update is final.
    DnsExchange(DnsExchangeSettings settings, dns::Message request, std::vector<Endpoint> servers,
                std::optional<dns::TsigKey> key, RandomBytes random);

    DnsAttempt start(Now now);
    // Each of these gives the next attempt; without one the present goes on, or has_ended().
    std::optional<DnsAttempt> on_datagram(const Endpoint& from, Bytes bytes, Now now);
    /// All that came over TCP, from the first byte on.
    std::optional<DnsAttempt> on_stream(Bytes so_far, Now now);
    /// Refused, unreachable, closed.
    std::optional<DnsAttempt> on_failure(Now now);
    std::optional<DnsAttempt> on_time(Now now);

    /// When on_time() is due.
    TimePoint deadline() const { return deadline_; }
    bool has_ended() const { return outcome_.end != DnsExchangeEnd::pending; }
    const DnsOutcome& outcome() const { return outcome_; }
    /// When answered. Views in it live as long as this object.
    const dns::Message& answer() const { return answer_; }

private:
    enum class Verdict : std::uint8_t { stray, cut, unreadable, unsigned_success, answer };

    DnsAttempt attempt(Now now);
    std::optional<DnsAttempt> give_up(Now now);
    std::optional<DnsAttempt> next_server(Now now);
    std::optional<DnsAttempt> next_way(Now now);
    std::optional<DnsAttempt> take(Verdict verdict, Now now);
    Verdict judge(Bytes bytes, Now now);
    bool answers_request(const dns::Message& message) const;
    bool is_update() const { return request_.opcode() == dns::opcode::update; }
    void remember(DnsExchangeEnd end);

    DnsExchangeSettings settings_;
    dns::Message request_;
    std::vector<Endpoint> servers_;
    std::optional<dns::TsigKey> key_;
    RandomBytes random_;

    std::size_t server_index_ = 0;
    unsigned datagram_count_ = 0;  // sent to this server
    DnsTransport transport_ = DnsTransport::udp;
    std::size_t stray_count_ = 0;
    bool was_silent_ = false;  // a server, once
    ByteVector mac_;           // of the request of this attempt
    TimePoint deadline_;
    ByteVector answer_bytes_;
    dns::Message answer_;
    std::uint16_t answer_tsig_error_ = 0;
    DnsOutcome so_far_;  // the best that is known while others are asked
    DnsOutcome outcome_;
};

}  // namespace diag::session
