#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Which DNS domains a KMS client asks for `_vlmcs._tcp`, in which order.

namespace diag::session {

/// What decides it, on the client. Names as they were configured; what is no domain name is left out of the candidates.
struct ClientDns {
    std::optional<std::string> lookup_domain;  ///< slmgr /skms-domain
    std::string primary_suffix;                ///< empty: none. Of a member of a domain normally that domain's
    bool is_workgroup = false;                 ///< only then the domain that DHCP gave counts by itself
    std::string dhcp_domain;                   ///< option 15
    std::vector<std::string> search_list;
    std::vector<std::string> connection_suffixes;  ///< of the single connections
    std::vector<std::string> servers;  ///< addresses, possibly with a zone ("fe80::1%5"); nothing here asks them
};

struct Candidate {
    enum class Source : std::uint8_t {
        lookup_domain,
        primary_suffix,
        dhcp_domain,
        search_list,
        devolution,  ///< a parent of the primary suffix
        connection_suffix,
    };
    std::string domain;  ///< without a final dot
    Source source = Source::primary_suffix;
    bool is_assumption = false;  ///< no documentation says that the client asks here

    friend bool operator==(const Candidate&, const Candidate&) = default;
};

inline constexpr std::size_t max_candidate_count = 64;

/// "search_list" and so on: for JSON.
std::string_view name_of(Candidate::Source source);

/// A name as somebody typed it, for which DNS can be asked: without its final dot. No address, HOST:PORT or URL, and nothing
/// beyond ASCII, which DNS has in its xn-- form. The error is one line for people, which quotes the text as it is.
std::expected<std::string, std::string> parse_dns_name(std::string_view text);

/// The same for a domain in which a client searches the service: not the name of the record itself.
std::expected<std::string, std::string> parse_domain(std::string_view text);

/// The documented domains first, in the documented order: a lookup domain alone; else the primary suffix, of a workgroup
/// machine the DHCP domain, the search list. Behind them, as assumptions, the parents of the primary suffix down to two
/// labels, and the suffixes of single connections. Each name once, without regard to case; at most max_candidate_count.
std::vector<Candidate> candidate_domains(const ClientDns& client);

/// A Unix client: the text of its resolv.conf and its host name, with or without a domain. A "search" or "domain" line takes
/// the place of an earlier one; without either the domain of the host name is searched (resolv.conf(5)).
ClientDns from_resolv_conf(std::string_view text, std::string_view host_name);

}  // namespace diag::session
