#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libdiag/check/row.h"
#include "libdiag/check/srv_findings.h"

// The rows of srv_findings, by what they look at.

namespace diag::check {

/// Why a search leaves a client without a host: the first of these that holds.
enum class NoHost : std::uint8_t {
    no,            ///< there is a host
    near_miss,     ///< a record stands under a misspelt name
    tcp_blocked,   ///< the answer is truncated, and TCP does not work
    other_domain,  ///< the record stands in another domain
    denied,        ///< the record names '.', which says that there is no such service (RFC 2782)
    cut,           ///< truncated over TCP, too: says nothing about what there is
    name_error,
    no_data,
    refused,
    other_rcode,
    bad_name,  ///< nothing that could be asked
    malformed,
    no_server,  ///< none is configured, and none listens on this machine
    silent,
};

/// What is published for a domain, and what several rows ask of it.
struct DomainEvidence {
    DomainEvidence(const session::SrvEvidence& srv_in, const std::vector<ExpectedHost>& expected_in);

    const session::SrvEvidence& srv;
    const std::vector<ExpectedHost>& expected;
    const bool names_host;         ///< a record names something
    const bool names_usable_host;  ///< which a client can use, as far as is known
    const bool is_tcp_blocked;
    const NoHost no_host;
};

/// A host that a record names.
struct TargetEvidence {
    const DomainEvidence& domain;
    const session::SrvTarget& target;
    bool another_has_address;  ///< a client goes on to that one
};

/// What DNS says where no record names a host, and which obstacles stand before it.
std::span<const Row<DomainEvidence>> srv_search_rows();
/// The records; of those that name a host.
std::span<const Row<DomainEvidence>> srv_record_rows();
std::span<const Row<TargetEvidence>> srv_target_rows();
/// Which names answer, and what each server says.
std::span<const Row<DomainEvidence>> srv_server_rows();
/// The records beside the list of hosts that may be published.
std::span<const Row<DomainEvidence>> srv_authorised_rows();

// What the parts share.

inline constexpr std::uint32_t no_records_code = 0x8007251D;  // DNS_INFO_NO_RECORDS
inline constexpr std::size_t max_finding_count = 64;          // for lists that an answer may make long

/// What a finding goes by, with the packets of a capture that prove it.
struct Proof {
    std::vector<std::string> texts;
    std::vector<std::uint64_t> packets;

    Proof() = default;
    // What the rows write beside a title.
    Proof(std::vector<std::string> lines) : texts{std::move(lines)} {}  // NOLINT(google-explicit-constructor)
    Proof(std::string line) { texts.push_back(std::move(line)); }       // NOLINT(google-explicit-constructor)
    explicit Proof(const std::vector<session::DnsReply>& replies) {
        for (const session::DnsReply& reply : replies) add(reply);
    }
    void add(const session::DnsReply& reply);
};

/// A finding about the domain, to which more may be added. Valid until the next call.
Finding& add(std::vector<Finding>& out, const Rule& rule, const DomainEvidence& domain, std::string title, Proof proof);

/// "kms1.example.test:1688, priority 0, weight 0, TTL 3600 s"
std::string record_text(const session::ServiceRecord& record);

/// Whether it names something.
bool names_host(const session::ServiceRecord& record);
/// Whether it is an address in place of a name.
bool is_literal(const std::string& target);
/// One that nobody asked for may have one.
bool may_have_address(const session::SrvTarget& target);

}  // namespace diag::check
