#include "tools/kms-refhost/publish_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "libdiag/cli/numbers.h"
#include "libdiag/net/name_servers.h"
#include "libdiag/net/socket_address.h"
#include "libdiag/proto/dns/tsig_key_text.h"
#include "tools/kms-refhost/values.h"

namespace diag::refhost {
namespace {

namespace po = cli::po;
using Problem = std::unexpected<std::string>;
using Result = std::expected<void, std::string>;

constexpr std::uint16_t dns_port = 53;
constexpr std::size_t max_domain_count = 64;
constexpr std::uint64_t max_ttl = 0x7FFF'FFFF;  // RFC 2181 8
constexpr std::chrono::seconds min_interval{1}, max_interval{30 * 24 * 3600};
constexpr std::chrono::milliseconds min_attempt{10}, max_attempt{60'000};

std::expected<dns::DomainName, std::string> parse_domain(std::string_view text) {
    const auto name = dns::DomainName::parse(text);
    if (!name || name->is_root() || !session::service_owner(*name))
        return Problem(fmt::format("'{}' is no DNS domain", text));
    const Bytes first = name->labels().front();
    if (std::ranges::equal(first, bytes_of("_vlmcs")) || std::ranges::equal(first, bytes_of("_tcp")))
        return Problem(fmt::format("'{}': give the domain alone, _vlmcs._tcp is put before it", text));
    return *name;
}

std::expected<dns::DomainName, std::string> parse_target(std::string_view text) {
    const auto name = dns::DomainName::parse(text);
    if (!name || name->is_root()) return Problem(fmt::format("'{}' is no name of a host", text));
    if (IpAddress::parse(text)) return Problem(fmt::format("'{}': an SRV record names a host, not an address", text));
    return *name;
}

std::expected<dns::DomainName, std::string> target_of(const po::variables_map& map) {
    if (const auto text = cli::text_of(map, "publish-target"))
        return cli::of_option("publish-target", parse_target(*text));
    const auto name = dns::DomainName::parse(net::full_host_name());
    if (!name || name->is_root())
        return Problem("--publish: this machine's name has no domain; give the name to publish with --publish-target");
    return *name;
}

std::expected<dns::TsigKey, std::string> read_key(const std::string& text) {
    if (dns::is_short_tsig_key(text)) return dns::parse_tsig_key(text);
    std::ifstream file{text, std::ios::binary};
    if (!file) return Problem(fmt::format("{}: {}", text, std::strerror(errno)));
    std::string content(dns::max_key_text_size + 1, '\0');  // a byte more, so that parsing sees what is too long
    file.read(content.data(), static_cast<std::streamsize>(content.size()));
    if (file.bad()) return Problem(fmt::format("{}: cannot be read", text));
    content.resize(static_cast<std::size_t>(file.gcount()));
    auto key = dns::parse_tsig_key(content);
    if (!key) return Problem(fmt::format("{}: {}", text, key.error()));
    return key;
}

Result read_services(const po::variables_map& map, Options& out) {
    session::PublishedService service;
    const auto target = target_of(map);
    if (!target) return Problem(target.error());
    service.service.target = *target;
    const auto priority = cli::number_of(map, "publish-priority", 0, 0xFFFF);
    const auto weight = cli::number_of(map, "publish-weight", 0, 0xFFFF);
    const auto port = cli::number_of(map, "publish-port", 1, 0xFFFF);
    const auto ttl = cli::number_of(map, "publish-ttl", 0, max_ttl);
    for (const auto* number : {&priority, &weight, &port, &ttl})
        if (!*number) return Problem(number->error());
    service.service.priority = static_cast<std::uint16_t>(priority->value_or(0));
    service.service.weight = static_cast<std::uint16_t>(weight->value_or(0));
    service.service.port = static_cast<std::uint16_t>(port->value_or(0));
    service.ttl = static_cast<std::uint32_t>(ttl->value_or(service.ttl));
    auto& services = out.publish.services;
    for (const std::string& text : cli::texts_of(map, "publish")) {
        const auto domain = cli::of_option("publish", parse_domain(text));
        if (!domain) return Problem(domain.error());
        const auto is_same = [&](const auto& other) { return dns::is_same_name(other.domain, *domain); };
        if (std::ranges::any_of(services, is_same)) continue;
        service.domain = *domain;
        services.push_back(service);
    }
    if (services.size() > max_domain_count)
        return Problem(fmt::format("--publish: more than {} domains", max_domain_count));
    return {};
}

Result read_servers(const po::variables_map& map, Options& out) {
    for (const std::string& text : cli::texts_of(map, "publish-server")) {
        const auto server = cli::of_option("publish-server", net::parse_listen_address(text, dns_port));
        if (!server) return Problem(server.error());
        out.publish.servers.push_back(*server);
    }
    if (out.publish.servers.size() > session::max_resolver_count)
        return Problem(fmt::format("--publish-server: more than {} servers", session::max_resolver_count));
    return {};
}

Result read_times(const po::variables_map& map, Options& out) {
    if (const auto text = cli::text_of(map, "publish-interval")) {
        const auto interval = cli::of_option("publish-interval", parse_offset(*text));
        if (!interval) return Problem(interval.error());
        if (*interval < min_interval || *interval > max_interval) return Problem("--publish-interval: from 1s to 30d");
        out.publish.interval = *interval;
    }
    const auto timeout = cli::seconds_of(map, "publish-timeout", min_attempt, max_attempt);
    if (!timeout) return Problem(timeout.error());
    out.publish.exchange.attempt_time = timeout->value_or(out.publish.exchange.attempt_time);
    return {};
}

}  // namespace

void add_publish_options(po::options_description& options) {
    auto add = options.add_options();
    add("publish", cli::texts_value("DOMAIN"), "register _vlmcs._tcp.DOMAIN by dynamic update (repeatable)");
    add("publish-target", cli::text_value("NAME"), "host in the record (this machine's full name)");
    add("publish-port", cli::text_value("N"), "port in it (the first on which the host listens)");
    add("publish-priority", cli::text_value("N"), "its priority (0)");
    add("publish-weight", cli::text_value("N"), "its weight (0)");
    add("publish-ttl", cli::text_value("SECONDS"), "its time to live (3600)");
    add("publish-key", cli::text_value("FILE"),
        "sign updates (TSIG): a file of tsig-keygen, or NAME:ALGORITHM:SECRET, which others on this machine can see");
    add("publish-server", cli::texts_value("ADDR[:PORT]"),
        "ask this name server for the zone (repeatable; those of resolv.conf)");
    add("publish-interval", cli::text_value("TIME"), "register again after: 90, 30m, 24h (24h)");
    add("publish-timeout", cli::text_value("SECONDS"), "wait so long for each answer (2)");
}

std::expected<void, std::string> read_publish(const po::variables_map& map, Options& out) {
    if (!map.contains("publish")) {
        for (const auto& [name, value] : map)
            if (name.starts_with("publish-")) return Problem(fmt::format("--{}: needs --publish", name));
        return {};
    }
    for (auto* part : {read_services, read_servers, read_times})
        if (auto done = part(map, out); !done) return done;
    if (const auto text = cli::text_of(map, "publish-key")) {
        auto key = cli::of_option("publish-key", read_key(*text));
        if (!key) return Problem(std::move(key.error()));
        out.publish.key = std::move(*key);
    }
    return {};
}

}  // namespace diag::refhost
