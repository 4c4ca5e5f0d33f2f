#include "libdiag/session/dns_update.h"

#include "libdiag/base/bytes.h"

namespace diag::session {
namespace {

// winerror.h, in facility Win32.
constexpr std::uint32_t error_timeout = 0x800705B4;
constexpr std::uint32_t response_codes_base = 0x80072328;  // DNS_ERROR_RESPONSE_CODES_BASE, 9000
constexpr std::uint32_t no_records = 0x8007251D;
constexpr std::uint32_t bad_packet = 0x8007251E;
constexpr std::uint32_t unsecure_packet = 0x80072521;
constexpr std::uint32_t no_dns_servers = 0x8007267C;

// The codes of RFC 1035, 2136 and 8945 that Windows has errors for.
bool has_error(std::uint16_t rcode) {
    return rcode <= dns::rcode::not_zone || (rcode >= dns::rcode::bad_sig && rcode <= dns::rcode::bad_time);
}

std::uint32_t code_of_rcode(std::uint16_t rcode) {
    if (rcode == dns::rcode::no_error) return 0;
    return has_error(rcode) ? response_codes_base + rcode : bad_packet;
}

}  // namespace

std::uint32_t code_of(const DnsOutcome& outcome) {
    switch (outcome.end) {
        case DnsExchangeEnd::answered:
            // The TSIG says why the server does not take our signature (RFC 8945 5.2).
            return code_of_rcode(outcome.tsig_error != 0 ? outcome.tsig_error : outcome.rcode);
        case DnsExchangeEnd::bad_answer: return bad_packet;
        case DnsExchangeEnd::not_signed:
            return outcome.tsig_error != 0 ? code_of_rcode(outcome.tsig_error) : unsecure_packet;
        case DnsExchangeEnd::pending:
        case DnsExchangeEnd::no_answer: return error_timeout;
    }
    return error_timeout;
}

std::optional<dns::DomainName> service_owner(const dns::DomainName& domain) {
    dns::DomainName owner;
    bool fits = owner.append(bytes_of("_vlmcs")) && owner.append(bytes_of("_tcp"));
    for (const Bytes label : domain.labels()) fits = fits && owner.append(label);
    if (!fits) return std::nullopt;
    return owner;
}

DnsUpdate::DnsUpdate(DnsUpdateSettings settings, const PublishedService& service, RandomBytes random)
    : PrimaryDialog{{.resolvers = std::move(settings.resolvers),
                     .exchange = settings.exchange,
                     .primary_port = settings.primary_port},
                    service_owner(service.domain).value_or(service.domain),
                    service.domain,
                    std::move(random)},
      key_{std::move(settings.key)},
      service_{service} {}

DnsUpdate::Attempt DnsUpdate::on_search_end(PrimarySearchEnd how, Now now) {
    switch (how) {
        case PrimarySearchEnd::pending:
        case PrimarySearchEnd::found: break;
        case PrimarySearchEnd::no_resolver: return finish(no_dns_servers);
        case PrimarySearchEnd::failed: return finish(code_of(*outcome()));
        case PrimarySearchEnd::no_zone: return finish(code_of_rcode(dns::rcode::not_auth));
        case PrimarySearchEnd::no_name: return finish(code_of_rcode(dns::rcode::name_error));
        case PrimarySearchEnd::no_address: {
            const std::uint32_t code = code_of(*outcome());
            return finish(code != 0 ? code : no_records);
        }
    }
    const dns::Update update{.zone = zone(),
                             .prerequisites = {},
                             .updates = {dns::add_service(owner(), service_.service, service_.ttl)},
                             .additionals = {}};
    return send_to_primary(dns::to_message(update, 0), key_, now);
}

DnsUpdate::Attempt DnsUpdate::on_primary_outcome(Now) { return finish(code_of(*outcome())); }

DnsUpdate::Attempt DnsUpdate::finish(std::uint32_t code) {
    result_ = {.code = code, .stage = stage(), .outcome = outcome(), .zone = zone(), .primary = primary()};
    return end();
}

}  // namespace diag::session
