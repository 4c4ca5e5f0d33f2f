#include "libdiag/session/client_domains.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "libdiag/base/ip_address.h"
#include "libdiag/base/line_text.h"
#include "libdiag/base/saved_text.h"
#include "libdiag/proto/dns/domain_name.h"

namespace diag::session {
namespace {

using Source = Candidate::Source;

constexpr std::string_view service = "_vlmcs._tcp.";

// Fewer labels than this are a top-level domain, which nobody's resolver devolves to.
constexpr std::size_t min_devolved_labels = 2;

// Of resolv.conf; glibc used to stop at six, today's has no limit of its own.
constexpr std::size_t max_search_count = 64;
constexpr std::size_t max_server_count = 16;

class Collector {
public:
    void add(std::string_view domain, Source source, bool is_assumption) {
        const auto name = dns::DomainName::parse(domain);
        if (!name || name->is_root() || out_.size() == max_candidate_count) return;
        std::string text = dns::to_string(*name);
        if (!dns::DomainName::parse(std::string{service} + text)) return;  // too long to be asked
        const auto is_same = [&](const Candidate& c) { return equals_word(c.domain, text); };
        if (!std::ranges::any_of(out_, is_same)) out_.push_back({std::move(text), source, is_assumption});
    }
    std::vector<Candidate> take() { return std::move(out_); }

private:
    std::vector<Candidate> out_;
};

void add_parents(Collector& out, std::string_view domain) {
    const auto name = dns::DomainName::parse(domain);
    if (!name) return;
    const std::vector<Bytes> labels = name->labels();
    for (std::size_t skip = 1; skip + min_devolved_labels <= labels.size(); ++skip) {
        dns::DomainName parent;
        for (std::size_t i = skip; i < labels.size(); ++i) parent.append(labels[i]);
        out.add(dns::to_string(parent), Source::devolution, true);
    }
}

std::string_view take_word(std::string_view& line) {
    constexpr std::string_view blanks = " \t";
    line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
    const std::string_view word = line.substr(0, line.find_first_of(blanks));
    line.remove_prefix(word.size());
    return word;
}

std::vector<std::string> take_words(std::string_view line, std::size_t max_count) {
    std::vector<std::string> out;
    for (auto word = take_word(line); !word.empty() && out.size() < max_count; word = take_word(line))
        out.emplace_back(word);
    return out;
}

void read_resolv_conf_line(std::string_view line, ClientDns& client) {
    if (line.starts_with('#') || line.starts_with(';')) return;  // comments begin in the first column
    const std::string_view keyword = take_word(line);
    if (keyword == "search") {
        client.search_list = take_words(line, max_search_count);
    } else if (keyword == "domain") {
        client.search_list = take_words(line, 1);
    } else if (keyword == "nameserver" && client.servers.size() < max_server_count) {
        if (const std::string_view server = take_word(line); !server.empty()) client.servers.emplace_back(server);
    }
}

}  // namespace

std::expected<std::string, std::string> parse_dns_name(std::string_view text) {
    const auto refused = [&](std::string_view hint) {
        return std::unexpected(fmt::format("'{}' is no DNS domain{}", text, hint));
    };
    const auto name = dns::DomainName::parse(text);
    // DNS itself would take any byte.
    const bool is_odd =
        std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7F; });
    const bool fits = !is_odd && name && !name->is_root() && name->wire_size() + service.size() <= dns::max_name_size;
    if (!fits || IpAddress::parse(text)) return refused("");
    if (text.find_first_of(":/") != std::string_view::npos) return refused(": give the name alone, no port and no URL");
    if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) > 0x7F; }))
        return refused(": write other letters than ASCII in their xn-- form");
    if (text.ends_with('.')) text.remove_suffix(1);
    return std::string{text};
}

std::expected<std::string, std::string> parse_domain(std::string_view text) {
    auto name = parse_dns_name(text);
    if (!name) return name;
    if (equals_word(*name + '.', service))
        return std::unexpected(fmt::format("'{}' has no domain behind it: a client asks for {}DOMAIN", text, service));
    if (starts_with_word(*name, service))
        return std::unexpected(fmt::format("'{}' is the name of the record: give its domain, {}", text,
                                           std::string_view{*name}.substr(service.size())));
    return name;
}

std::string_view name_of(Source source) {
    static constexpr std::array<std::string_view, 6> names{"lookup_domain", "primary_suffix", "dhcp_domain",
                                                           "search_list",   "devolution",     "connection_suffix"};
    return names[static_cast<std::size_t>(source)];
}

std::vector<Candidate> candidate_domains(const ClientDns& client) {
    Collector out;
    if (client.lookup_domain) {
        out.add(*client.lookup_domain, Source::lookup_domain, false);
        return out.take();
    }
    out.add(client.primary_suffix, Source::primary_suffix, false);
    if (client.is_workgroup) out.add(client.dhcp_domain, Source::dhcp_domain, false);
    for (const std::string& domain : client.search_list) out.add(domain, Source::search_list, false);
    add_parents(out, client.primary_suffix);
    for (const std::string& domain : client.connection_suffixes) out.add(domain, Source::connection_suffix, true);
    if (!client.is_workgroup) out.add(client.dhcp_domain, Source::connection_suffix, true);
    return out.take();
}

ClientDns from_resolv_conf(std::string_view text, std::string_view host_name) {
    ClientDns client;
    while (!text.empty()) read_resolv_conf_line(take_line(text), client);
    const std::size_t dot = host_name.find('.');
    if (dot != std::string_view::npos) client.primary_suffix = host_name.substr(dot + 1);
    return client;
}

}  // namespace diag::session
