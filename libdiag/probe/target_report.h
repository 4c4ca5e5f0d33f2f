#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libdiag/check/outcome.h"
#include "libdiag/check/target_findings.h"
#include "libdiag/discover/discovery.h"
#include "libdiag/probe/targets.h"
#include "libdiag/session/kms_verdict.h"
#include "libdiag/session/rpc_evidence.h"

namespace diag::probe {

/// Durations of one stage over several attempts.
class Durations {
public:
    void add(std::chrono::nanoseconds duration);
    std::size_t count() const { return count_; }
    std::chrono::nanoseconds last() const { return last_; }
    std::chrono::nanoseconds mean() const;
    /// `share` from 0 (the shortest) to 1 (the longest), by rank; 0 ns of none. Beyond 65,536 attempts, of the last so many.
    std::chrono::nanoseconds percentile(double share) const;

private:
    std::vector<std::chrono::nanoseconds> kept_;
    std::size_t count_ = 0;
    std::chrono::nanoseconds sum_{0};
    std::chrono::nanoseconds last_{0};
};

/// What a host said to a bind.
struct BindFacts {
    std::string syntaxes;  ///< "NDR32 refused, NDR64 accepted, BTFN accepted"
    std::uint32_t assoc_group = 0;
    std::string secondary_address;  ///< text of a peer: escape it
    std::uint16_t max_recv_frag = 0;
    bool offers_kms = false;  ///< a syntax for the interface of KMS was accepted
};

/// What a host said to a request.
struct RequestFacts {
    session::KmsVerdict verdict = session::KmsVerdict::no_answer;
    std::optional<std::uint32_t> hresult;  ///< of a refusal
    std::optional<std::uint32_t> count;    ///< of clients, of an answer that could be read
    std::uint32_t needed_count = 0;
    std::string epid;  ///< text of a peer: escape it
};

/// One attempt: connect, bind, perhaps a request.
struct Attempt {
    Endpoint target;
    Endpoint local;
    session::ConnectEnd connect_end = session::ConnectEnd::pending;
    check::Outcome outcome = check::Outcome::complete;
    std::vector<check::Finding> findings;
    std::chrono::nanoseconds connect_time{0};
    std::optional<std::chrono::nanoseconds> bind_time;     ///< of an answer
    std::optional<std::chrono::nanoseconds> request_time;  ///< of an answer
    session::PathFacts path;
    std::optional<session::IcmpReport> icmp;
    std::string icmp_text;  ///< what it means, unless this machine sent it
    std::optional<BindFacts> bind;
    std::optional<RequestFacts> request;
    Timestamp began_at;
};

/// All that was tried with one address.
struct AddressReport {
    check::AddressEvidence evidence;
    Attempt last;  ///< the last attempt
    Durations connect_times, bind_times, request_times;
};

struct TargetReport {
    Target target;
    std::optional<discover::Host> origin = {};  ///< the record that names it, where DNS was asked for hosts
    std::optional<session::NameEvidence> name;
    std::vector<AddressReport> addresses;
    std::vector<check::Finding> findings;
};

/// PortQry's word for a TCP port: "listening", "not listening", "filtered"; "unreachable" when nothing left this machine.
std::string_view port_state(const Attempt& attempt);

/// The finding that decides: the cause of the worst, where one follows from another; nullptr when nothing is wrong.
const check::Finding* deciding(const std::vector<check::Finding>& findings);

/// One sentence for people: "KMS answers at 10.0.0.1:1688", "10.0.0.1:1688 refused the TCP connection of ...".
std::string verdict_text(const TargetReport& report);

}  // namespace diag::probe
