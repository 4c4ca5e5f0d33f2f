#include "libdiag/check/srv_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "libdiag/check/rules.h"
#include "libdiag/proto/dns/names.h"
#include "libdiag/proto/dns/service_name.h"
#include "libdiag/session/service_order.h"

namespace diag::check {
namespace {

using session::DnsEnd;
using session::DnsReply;
using session::ServiceRecord;
using session::SrvEvidence;
using session::SrvTarget;

constexpr std::uint16_t kms_port = 1688;
constexpr std::uint32_t longest_ttl = 7 * 24 * 3600;
constexpr std::uint32_t no_records_code = 0x8007251D;  // DNS_INFO_NO_RECORDS
constexpr std::uint32_t no_servers_code = 0x8007267C;  // DNS_ERROR_NO_DNS_SERVERS
constexpr std::size_t max_evidence = 12;
constexpr std::size_t max_finding_count = 64;  // for lists that an answer may make long

std::string lower(std::string_view text) { return dns::lower_case(std::string{text}); }

// "packets 3, 4: " in a capture.
std::string place_of(const DnsReply& reply) {
    const auto& packets = reply.captured.packets;
    if (packets.empty()) return {};
    return fmt::format("{} {}: ", packets.size() == 1 ? "packet" : "packets", fmt::join(packets, ", "));
}

std::string count_text(std::size_t record_count) {
    if (record_count == 0) return "no record";
    return record_count == 1 ? "1 record" : fmt::format("{} records", record_count);
}

std::string reply_text(const DnsReply& reply) {
    const std::string from = fmt::format("{} over {}", to_string(reply.query.server), name_of(reply.query.transport));
    const double ms = std::chrono::duration<double, std::milli>(reply.duration).count();
    const std::string type = dns::type_name(reply.query.type);
    std::string text = place_of(reply);
    if (reply.end != DnsEnd::answered) {
        text += fmt::format("{} {} from {}: {} after {:.1f} ms", type, reply.query.name, from, failure_text(reply), ms);
    } else {
        text += fmt::format("{} {} from {}: {}{}, {}, after {:.1f} ms", type, reply.query.name, from,
                            dns::rcode_name(*reply.rcode()), reply.is_truncated() ? " (truncated)" : "",
                            count_text(reply.message.answers.size()), ms);
    }
    const unsigned count = reply.captured.asked_count;
    return count > 1 ? fmt::format("{}, asked {} times", text, count) : text;
}

/// What a finding goes by, with the packets of a capture that prove it.
struct Evidence {
    std::vector<std::string> texts;
    std::vector<std::uint64_t> packets;

    Evidence() = default;
    // From what the rules write beside a title.
    Evidence(std::vector<std::string> lines) : texts{std::move(lines)} {}  // NOLINT(google-explicit-constructor)
    Evidence(std::string line) { texts.push_back(std::move(line)); }       // NOLINT(google-explicit-constructor)
    explicit Evidence(const std::vector<DnsReply>& replies) {
        for (const DnsReply& reply : replies) add(reply);
    }
    void add(const DnsReply& reply) {
        if (texts.size() >= max_evidence) return;
        texts.push_back(reply_text(reply));
        texts.insert(texts.end(), reply.captured.remarks.begin(), reply.captured.remarks.end());
        packets.insert(packets.end(), reply.captured.packets.begin(), reply.captured.packets.end());
    }
};

std::string record_text(const ServiceRecord& r) {
    return fmt::format("{}:{}, priority {}, weight {}, TTL {} s", r.target, r.port, r.priority, r.weight, r.ttl);
}

class Judge {
public:
    Judge(const SrvEvidence& evidence, const std::vector<ExpectedHost>& expected) : e_{evidence}, expected_{expected} {}

    std::vector<Finding> all() {
        if (has_usable_record()) {
            if (is_tcp_blocked()) tcp_blocked();  // what a truncated answer has does not count (RFC 2181 9)
            records();
            targets();
            owners();
        } else {
            no_record();
            single_label();
        }
        servers();
        authorised();
        std::ranges::stable_sort(out_, std::ranges::greater{}, [](const Finding& f) { return f.rule->severity; });
        return std::move(out_);
    }

private:
    Finding& add(const Rule& rule, std::string title, Evidence evidence) {
        if (evidence.texts.size() > max_evidence) evidence.texts.resize(max_evidence);
        // What is said of records goes by the answer that has them.
        if (evidence.packets.empty() && e_.decisive() != nullptr) evidence.packets = e_.decisive()->captured.packets;
        std::ranges::sort(evidence.packets);
        const auto repeated = std::ranges::unique(evidence.packets);
        evidence.packets.erase(repeated.begin(), repeated.end());
        out_.push_back({.rule = &rule,
                        .target = e_.domain.empty() ? e_.query : e_.domain,
                        .title = std::move(title),
                        .evidence = std::move(evidence.texts),
                        .packets = std::move(evidence.packets)});
        out_.back().about.domain = dns::lower_case(e_.domain);
        return out_.back();
    }

    static bool is_usable(const ServiceRecord& r) { return !r.target.empty() && r.target != "."; }
    bool has_usable_record() const { return std::ranges::any_of(e_.records, is_usable); }

    Evidence reply_texts() const { return Evidence{e_.replies}; }

    // Nothing to go on with: why?
    void no_record() {
        for (const auto& probe : e_.probes) {
            if (probe.kind != session::SrvProbeName::Kind::near_miss || !probe.found) continue;
            auto evidence = reply_texts();
            evidence.texts.push_back(fmt::format("SRV {}: there is a record, {}", probe.name, probe.target));
            if (probe.name.find("\\032") != std::string::npos)
                evidence.texts.push_back(
                    "\\032 is a blank at the end of a label, which nobody sees in a list of records");
            Finding& finding =
                add(rule::srv_near_miss, fmt::format("{} has no KMS record, but one under {}", e_.domain, probe.name),
                    std::move(evidence));
            if (e_.decisive() != nullptr && e_.decisive()->rcode() == dns::rcode::no_error)
                finding.windows_code = no_records_code;
            return;
        }
        if (is_tcp_blocked()) return tcp_blocked();
        const DnsReply* reply = e_.decisive();
        const auto rcode = reply == nullptr ? std::nullopt : reply->rcode();
        if (e_.records.empty() && other_domain(rcode)) return;
        if (!e_.records.empty()) {
            add(rule::dns_no_record,
                fmt::format("{} says that there is no KMS host: its SRV record names '.'", e_.domain), reply_texts());
        } else if (reply != nullptr && reply->is_truncated()) {
            // An answer that is cut says nothing about what there is.
            add(rule::dns_server_failure,
                fmt::format("the DNS server has no whole answer for {}, not even over TCP", e_.query), reply_texts());
        } else if (rcode == dns::rcode::name_error) {
            add(rule::dns_no_record, fmt::format("DNS has no record {}: NXDOMAIN", e_.query), reply_texts());
        } else if (rcode == dns::rcode::no_error) {
            Finding& finding =
                add(rule::dns_no_record, fmt::format("DNS has no SRV record {}", e_.query), reply_texts());
            finding.windows_code = no_records_code;
            if (e_.alias) finding.evidence.push_back(fmt::format("the name is an alias for {}", *e_.alias));
        } else if (rcode == dns::rcode::refused) {
            add(rule::dns_refused, fmt::format("the DNS server refuses to answer for {}", e_.query), reply_texts());
        } else if (rcode) {
            add(rule::dns_server_failure,
                fmt::format("the DNS server answers for {} with {}", e_.query, dns::rcode_name(*rcode)), reply_texts());
        } else if (reply != nullptr && reply->end == DnsEnd::bad_name) {
            add(rule::dns_no_record, fmt::format("'{}' cannot be asked for: it is no DNS name", e_.domain), Evidence{});
        } else if (reply != nullptr && reply->end == DnsEnd::malformed) {
            add(rule::dns_server_failure, fmt::format("the DNS server answers for {} with nonsense", e_.query),
                reply_texts());
        } else if (has_no_server()) {
            add(rule::dns_no_answer, "no DNS server is configured, and none listens on this machine", reply_texts())
                .windows_code = no_servers_code;
        } else {
            Finding& finding =
                add(rule::dns_no_answer, fmt::format("no DNS server answers for {}", e_.query), reply_texts());
            const bool all_unreachable =
                std::ranges::all_of(e_.replies, [](const DnsReply& r) { return r.end == DnsEnd::unreachable; });
            if (!e_.replies.empty() && all_unreachable) {  // nobody was silent: the service or the machine is not there
                finding.likely_cause = 1;
                finding.likely_remedy = 2;
            }
        }
    }

    bool other_domain(std::optional<std::uint16_t> rcode) {
        using Kind = session::SrvProbeName::Kind;
        const auto other = std::ranges::find_if(
            e_.probes, [](const auto& probe) { return probe.kind == Kind::other_domain && probe.found; });
        if (other == e_.probes.end()) return false;
        auto evidence = reply_texts();
        for (const auto& probe : e_.probes)
            if (probe.kind == Kind::other_domain && probe.found)
                evidence.texts.push_back(fmt::format("SRV {}: there is a record, {}", probe.name, probe.target));
        Finding& finding = add(rule::srv_other_domain,
                               fmt::format("{} has no KMS record, and {} has one", e_.domain, domain_of(other->name)),
                               std::move(evidence));
        if (rcode == dns::rcode::no_error) finding.windows_code = no_records_code;
        return true;
    }

    static std::string_view domain_of(std::string_view query) {
        constexpr std::string_view service = "_vlmcs._tcp.";
        return query.starts_with(service) ? query.substr(service.size()) : query;
    }

    // Who serves no zone of that name asks the root servers. An answer from a zone below the root is no leak.
    void single_label() {
        const auto domain = dns::DomainName::parse(e_.domain);
        const DnsReply* reply = e_.decisive();
        const auto rcode = reply == nullptr ? std::nullopt : reply->rcode();
        if (!domain || domain->labels().size() != 1 ||
            (rcode != dns::rcode::no_error && rcode != dns::rcode::name_error))
            return;
        const auto soa = std::ranges::find_if(reply->message.authorities, [](const dns::Record& record) {
            return std::holds_alternative<dns::Soa>(record.data);
        });
        const bool has_zone = soa != reply->message.authorities.end();
        // Authority without an SOA is over a zone of its own; with that of the root it is the root servers' own.
        if (has_zone ? !soa->name.is_root() : reply->is_authoritative()) return;
        add(rule::srv_single_label,
            fmt::format("{} is a single label: nobody but the root servers can be asked for it", e_.domain),
            std::string{has_zone ? "the answer is one of the root zone (SOA .)"
                                 : "the answer does not say of which zone it is"});
    }

    // Where none is configured the one of this machine itself is asked (resolv.conf(5)).
    bool has_no_server() const {
        return !e_.servers_given && !e_.replies.empty() && std::ranges::all_of(e_.replies, [](const DnsReply& r) {
            return r.end == DnsEnd::unreachable && is_loopback(r.query.server.ip);
        });
    }

    void tcp_blocked() {
        add(rule::dns_tcp_blocked,
            fmt::format("the answer for {} is truncated, and over TCP no answer comes", e_.query), reply_texts());
    }

    bool is_tcp_blocked() const {
        const bool by_tcp = std::ranges::any_of(e_.replies, [](const DnsReply& r) {
            return r.query.transport == session::DnsTransport::tcp &&
                   (r.end == DnsEnd::answered || r.end == DnsEnd::malformed);
        });
        return e_.answer && e_.replies[*e_.answer].is_truncated() && !by_tcp;
    }

    void records() {
        std::map<std::string, std::vector<const ServiceRecord*>> by_target;
        std::vector<const ServiceRecord*> without_port, literal, other_port;
        for (const ServiceRecord& r : e_.records) {
            by_target[lower(r.target)].push_back(&r);
            if (r.port == 0) without_port.push_back(&r);
            if (r.port != 0 && is_literal(r.target)) literal.push_back(&r);
            if (r.port != 0 && r.port != kms_port) other_port.push_back(&r);
        }
        const auto texts_of = [](const std::vector<const ServiceRecord*>& records) -> Evidence {
            std::vector<std::string> texts;
            texts.reserve(records.size());
            for (const auto* r : records) texts.push_back(record_text(*r));
            return texts;
        };
        // A client passes over what it cannot use while there is another host.
        const auto rule_unless_another = [&](const Rule& rule) -> const Rule& {
            return names_usable_host() ? rule::srv_target_dead : rule;
        };
        if (!without_port.empty())
            add(rule_unless_another(rule::srv_port_zero),
                fmt::format("{} publishes {} with port 0", e_.domain, without_port[0]->target), texts_of(without_port));
        if (!literal.empty())
            add(rule_unless_another(rule::srv_target_literal),
                fmt::format("{} publishes the address {} in place of a name", e_.domain, literal[0]->target),
                texts_of(literal));
        if (!other_port.empty())
            add(rule::srv_port,
                fmt::format("{} publishes {} with port {}", e_.domain, other_port[0]->target, other_port[0]->port),
                texts_of(other_port));
        for (const auto& [target, records] : by_target) {
            if (records.size() < 2 || out_.size() >= max_finding_count) continue;
            add(rule::srv_duplicate, fmt::format("{} publishes {} {} times", e_.domain, target, records.size()),
                texts_of(records));
        }
        ttl();
        unused(by_target.size());
    }

    void ttl() {
        const auto bad =
            std::ranges::find_if(e_.records, [](const auto& r) { return r.ttl == 0 || r.ttl > longest_ttl; });
        if (bad == e_.records.end()) return;
        add(rule::srv_ttl, fmt::format("the record of {} has a time to live of {} s", e_.domain, bad->ttl),
            record_text(*bad));
    }

    // A host that fewer than one in a hundred clients try first.
    void unused(std::size_t host_count) {
        constexpr double rarely = 0.01;
        if (host_count < 2) return;
        const auto chances = session::first_choice_chances(e_.records);
        std::vector<std::string> texts;
        for (std::size_t i = 0; i < e_.records.size(); ++i)
            if (is_usable(e_.records[i]) && chances[i] < rarely)
                texts.push_back(
                    fmt::format("{}: {:.1f} % of clients try it first", record_text(e_.records[i]), chances[i] * 100));
        if (!texts.empty())
            add(rule::srv_unused, fmt::format("{} publishes a host that hardly any client tries", e_.domain),
                std::move(texts));
    }

    static bool is_doubled(const std::string& target, const std::string& domain) {
        return lower(target).ends_with(lower("." + domain + "." + domain));
    }

    static Evidence texts_of(const SrvTarget& target) { return Evidence{target.replies}; }

    static bool is_literal(const std::string& target) { return IpAddress::parse(target).has_value(); }

    // One that nobody asked for may have an address.
    static bool may_have_address(const SrvTarget& t) { return !t.addresses.empty() || t.replies.empty(); }

    bool names_usable_host() const {
        return std::ranges::any_of(e_.records, [&](const ServiceRecord& r) {
            const SrvTarget* target = session::find_target(e_, r.target);
            return is_usable(r) && r.port != 0 && !is_literal(r.target) &&
                   (target == nullptr || may_have_address(*target));
        });
    }

    void targets() {
        const bool any_address = std::ranges::any_of(e_.targets, may_have_address);
        for (const SrvTarget& target : e_.targets) {
            if (!may_have_address(target) && !is_literal(target.name)) no_address(target, any_address);
            if (target.alias_of)
                add(rule::srv_target_alias,
                    fmt::format("the published host {} is an alias for {}", target.name, *target.alias_of),
                    texts_of(target));
            const bool inside =
                dns::is_same_name(target.name, e_.domain) || lower(target.name).ends_with("." + lower(e_.domain));
            if (!inside)
                add(rule::srv_target_outside, fmt::format("the published host {} is not in {}", target.name, e_.domain),
                    Evidence{});
            private_address(target);
        }
    }

    // Of what was asked for: of the other family nothing is known.
    static std::string_view address_word(const SrvTarget& target) {
        const auto asks_only = [&](std::uint16_t type) {
            return std::ranges::all_of(target.replies, [type](const DnsReply& r) { return r.query.type == type; });
        };
        if (target.missing) return "address";
        return asks_only(dns::type::a) ? "IPv4 address" : asks_only(dns::type::aaaa) ? "IPv6 address" : "address";
    }

    void no_address(const SrvTarget& target, bool another_has) {
        const Rule& rule = another_has ? rule::srv_target_dead : rule::srv_target_no_address;
        const bool is_said = !std::ranges::all_of(target.replies, session::is_failure);
        Finding& finding = add(
            rule,
            is_said
                ? fmt::format("the published host {} of {} has no {}", target.name, e_.domain, address_word(target))
                : fmt::format("no DNS server gives an address of {}, the published host of {}", target.name, e_.domain),
            texts_of(target));
        if (is_doubled(target.name, e_.domain)) {
            finding.likely_cause = 1;
            finding.likely_remedy = another_has ? 0 : 1;
            finding.evidence.push_back("the domain stands twice in the name: a final dot is missing in the zone file");
        } else if (!target.missing && !another_has) {
            finding.likely_cause = 2;
        }
        if (target.name.find("\\032") != std::string::npos)
            finding.evidence.push_back("there is a blank (\\032) in the name, which nobody sees in a list of records");
    }

    void private_address(const SrvTarget& target) {
        const DnsReply* reply = e_.decisive();
        if (reply == nullptr || !is_global(reply->query.server.ip)) return;
        for (const IpAddress& address : target.addresses) {
            if (!is_private(address)) continue;
            auto evidence = texts_of(target);
            evidence.texts.push_back(fmt::format(
                "taken for public, because the DNS server that answered has a public address ({}); if it serves your "
                "own network only, all is well",
                to_string(reply->query.server.ip)));
            add(rule::srv_private_address,
                fmt::format("{} publishes the private address {} of {}", to_string(reply->query.server.ip),
                            to_string(address), target.name),
                std::move(evidence));
            return;
        }
    }

    void owners() {
        if (e_.alias)
            add(rule::srv_name_alias, fmt::format("{} is an alias for {}", e_.query, *e_.alias), reply_texts());
        for (const auto& probe : e_.probes)
            if (probe.kind == session::SrvProbeName::Kind::impossible && probe.found)
                add(rule::srv_wildcard, fmt::format("{} answers with an SRV record for any name", e_.domain),
                    fmt::format("SRV {}, which nobody has published: there is a record", probe.name));
    }

    // The record sets of those who answered, as texts: equal sets have equal texts.
    static std::string set_of(const DnsReply& reply) {
        if (reply.rcode() != dns::rcode::no_error) return reply.rcode() ? dns::rcode_name(*reply.rcode()) : "no answer";
        std::set<std::string> texts;
        for (const dns::Record& record : reply.message.answers)
            if (const auto* srv = std::get_if<dns::Srv>(&record.data))
                texts.insert(fmt::format("{} {} {} {}", srv->priority, srv->weight, srv->port,
                                         lower(dns::to_string(srv->target))));
        return texts.empty() ? "no record" : fmt::format("{}", fmt::join(texts, ", "));
    }

    void servers() {
        std::map<std::string, std::string> last;  // by server: what it said in the end
        Evidence failed, different;
        for (const DnsReply& reply : e_.replies) {
            if (reply.end == DnsEnd::answered && !reply.is_truncated()) {
                last[to_string(reply.query.server)] = set_of(reply);
                different.add(reply);
            }
            if (session::is_failure(reply)) failed.add(reply);
        }
        std::set<std::string> sets;
        std::vector<std::string> texts;
        for (const auto& [server, set] : last) {
            sets.insert(set);
            texts.push_back(fmt::format("{}: {}", server, set));
        }
        const bool some_worked = e_.answer && !session::is_failure(e_.replies[*e_.answer]);
        if (sets.size() > 1 && some_worked && texts.size() > 1 && failed.texts.empty()) {
            different.texts = std::move(texts);
            add(rule::dns_servers_differ, fmt::format("DNS servers give different answers for {}", e_.query),
                std::move(different));
        } else if (some_worked && !failed.texts.empty() && last_server_worked_elsewhere()) {
            add(rule::dns_server_skipped, fmt::format("a DNS server fails for {}; another one answers", e_.query),
                std::move(failed));
        }
    }

    // A server that at first did not like the form of the question is no failed one.
    bool last_server_worked_elsewhere() const {
        const DnsReply& good = e_.replies[*e_.answer];
        return std::ranges::any_of(e_.replies, [&](const DnsReply& r) { return r.query.server != good.query.server; });
    }

    void authorised() {
        if (expected_.empty()) return;
        for (const ServiceRecord& r : e_.records) {
            if (!is_usable(r)) continue;
            const bool known = std::ranges::any_of(expected_, [&](const ExpectedHost& host) {
                return dns::is_same_name(host.name, r.target) && (!host.port || *host.port == r.port);
            });
            if (!known && out_.size() < max_finding_count)
                add(rule::srv_unauthorised,
                    fmt::format("{} publishes {}:{}, which is not on the list", e_.domain, r.target, r.port),
                    record_text(r));
        }
        if (!has_usable_record()) return;  // that there is no host at all is said already
        for (const ExpectedHost& host : expected_) {
            const bool there = std::ranges::any_of(e_.records, [&](const ServiceRecord& r) {
                return dns::is_same_name(host.name, r.target) && (!host.port || *host.port == r.port);
            });
            if (!there)
                add(rule::srv_not_published, fmt::format("{} is not published in {}", host.name, e_.domain),
                    reply_texts());
        }
    }

    static bool is_private(const IpAddress& a) {
        if (a.family == IpAddress::Family::v6)
            return (a.octets[0] & 0xFE) == 0xFC || (a.octets[0] == 0xFE && (a.octets[1] & 0xC0) == 0x80);
        return a.octets[0] == 10 || (a.octets[0] == 172 && (a.octets[1] & 0xF0) == 16) ||
               (a.octets[0] == 192 && a.octets[1] == 168) || (a.octets[0] == 169 && a.octets[1] == 254);
    }
    static bool is_loopback(const IpAddress& a) {
        if (a.family == IpAddress::Family::v4) return a.octets[0] == 127;
        return a == *IpAddress::parse("::1");
    }
    static bool is_global(const IpAddress& a) {
        if (is_private(a)) return false;
        if (a.family == IpAddress::Family::v6) return (a.octets[0] & 0xE0) == 0x20;
        return a.octets[0] != 0 && a.octets[0] != 127 && a.octets[0] < 224;
    }

    const SrvEvidence& e_;
    const std::vector<ExpectedHost>& expected_;
    std::vector<Finding> out_;
};

}  // namespace

std::vector<Finding> check_srv(const SrvEvidence& evidence, const std::vector<ExpectedHost>& expected) {
    return Judge{evidence, expected}.all();
}

bool is_missing_record(const Finding& finding) {
    constexpr const Rule* rules[] = {&rule::dns_no_record, &rule::srv_near_miss, &rule::srv_other_domain};
    return std::ranges::find(rules, finding.rule) != std::end(rules);
}

std::pair<Severity, bool> rank_of(const Finding& finding) {
    return {finding.rule->severity, !is_missing_record(finding)};
}

void pass_over(std::vector<Finding>& findings, const std::string& found) {
    std::erase_if(findings, is_missing_record);
    constexpr const Rule* failures[] = {&rule::dns_server_failure, &rule::dns_refused, &rule::dns_no_answer,
                                        &rule::dns_tcp_blocked};
    for (Finding& finding : findings) {
        if (std::ranges::find(failures, finding.rule) == std::end(failures)) continue;
        Finding warning{.rule = &rule::dns_suffix_failed,
                        .target = finding.target,
                        .title = fmt::format("DNS fails for {}; {} has the record", finding.target, found),
                        .evidence = {fmt::format("{}: {}", finding.rule->id, finding.title)},
                        .packets = std::move(finding.packets)};
        warning.evidence.insert(warning.evidence.end(), finding.evidence.begin(), finding.evidence.end());
        warning.about = finding.about;
        finding = std::move(warning);
    }
}

}  // namespace diag::check
