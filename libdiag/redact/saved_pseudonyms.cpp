#include "libdiag/redact/saved_pseudonyms.h"

#include <algorithm>

#include "libdiag/proto/kms/catalogue.h"
#include "libdiag/proto/kms/error_codes.h"
#include "libdiag/slmgr/dlv_lines.h"

namespace diag::redact {
namespace {

using slmgr::Dlv;
using slmgr::Fact;
using slmgr::KmsMachine;

// Says in place of a value that nobody could read, and that may be anything, why it is not known.
constexpr std::string_view left_out = "left out";

// Part for part of "CN=Activation Objects,DC=contoso,DC=com", whose keys stay.
std::string distinguished_name(std::string_view text, const Pseudonyms& pseudonyms) {
    std::string out;
    while (true) {
        const std::size_t comma = text.find(',');
        const std::string_view part = text.substr(0, comma);
        const std::size_t equals = part.find('=');
        const std::size_t value_at = equals == std::string_view::npos ? 0 : equals + 1;
        out += part.substr(0, value_at);
        out += pseudonyms.label(part.substr(value_at));
        if (comma == std::string_view::npos) return out;
        out += ',';
        text.remove_prefix(comma + 1);
    }
}

bool is_public_key_end(std::string_view text) {
    return std::ranges::any_of(kms::all_products(), [text](const kms::Product& product) {
        const auto keys = kms::list_items(product.partial_key);
        return std::ranges::find(keys, text) != keys.end();
    });
}

std::string plain(const Pseudonyms& p, std::string_view text) { return p.label(text); }
std::string host(const Pseudonyms& p, std::string_view text) { return p.host(text); }
std::string epid(const Pseudonyms& p, std::string_view text) { return p.epid(text); }
std::string key_end(const Pseudonyms& p, std::string_view text) {
    return is_public_key_end(text) ? std::string{text} : p.label(text);
}
std::string id(const Pseudonyms& p, std::string_view text) {
    const auto parsed = Uuid::parse(text);
    return parsed ? to_string(p.machine_id(*parsed)) : p.label(text);
}
std::string object_name(const Pseudonyms& p, std::string_view text) { return distinguished_name(text, p); }
// "not available", in any language, where it is no address.
std::string address(const Pseudonyms& p, std::string_view text) {
    const bool may_be_address = text.find_first_of("0123456789:") != std::string_view::npos;
    return may_be_address ? p.host(text) : std::string{text};
}

struct TextRule {
    Fact<std::string> Dlv::*member;
    std::string (*replace)(const Pseudonyms&, std::string_view);  // nullptr: the fact is dropped
};
constexpr TextRule text_rules[] = {
    {&Dlv::extended_pid, epid},       {&Dlv::installation_id, plain},
    {&Dlv::processor_url, nullptr},   {&Dlv::machine_url, nullptr},
    {&Dlv::use_license_url, nullptr}, {&Dlv::product_key_url, nullptr},
    {&Dlv::validation_url, nullptr},  {&Dlv::partial_key, key_end},
    {&Dlv::lookup_domain, host},      {&Dlv::kms_ip, address},
    {&Dlv::host_extended_pid, epid},  {&Dlv::overriding_host, host},
    {&Dlv::ad_object_name, plain},    {&Dlv::ad_object_dn, object_name},
    {&Dlv::ad_extended_pid, epid},    {&Dlv::token_license_id, id},
    {&Dlv::token_version_id, id},     {&Dlv::token_grant_number, plain},
    {&Dlv::token_thumbprint, plain},  {&Dlv::guest_iaid, id},
    {&Dlv::vm_host_name, host},       {&Dlv::vm_host_pid, epid},
};

template <class T> void leave_out_unread(Fact<T>& fact) {
    if (fact.is_unknown()) fact = Fact<T>::unknown(std::string{left_out});
}

void replace(Dlv& dlv, const TextRule& rule, const Pseudonyms& pseudonyms) {
    auto& fact = dlv.*rule.member;
    if (rule.replace == nullptr) {
        fact = {};
    } else if (fact) {
        fact = rule.replace(pseudonyms, *fact);
    }
}

void replace(Fact<KmsMachine>& fact, const Pseudonyms& pseudonyms) {
    if (!fact) return;
    KmsMachine machine = *fact;
    machine.host = pseudonyms.host(machine.host);
    fact = std::move(machine);
}

void leave_out_unread_values(Dlv& dlv) {
    for (const slmgr::Line& line : slmgr::all_lines())
        std::visit(
            [&dlv](const auto& value) {
                if constexpr (requires { value.member; }) leave_out_unread(dlv.*value.member);
            },
            line.value);
    leave_out_unread(dlv.cached_machine);
    leave_out_unread(dlv.attempt);
    leave_out_unread(dlv.expires);
}

void redact_one(Dlv& dlv, const Pseudonyms& pseudonyms) {
    for (const TextRule& rule : text_rules) replace(dlv, rule, pseudonyms);
    if (dlv.client_machine_id) dlv.client_machine_id = pseudonyms.machine_id(*dlv.client_machine_id);
    replace(dlv.kms_machine, pseudonyms);
    replace(dlv.cached_machine, pseudonyms);
    leave_out_unread_values(dlv);
}

}  // namespace

slmgr::SavedOutput redacted(slmgr::SavedOutput saved, const Pseudonyms& pseudonyms) {
    for (Dlv& dlv : saved.products) redact_one(dlv, pseudonyms);
    return saved;
}

}  // namespace diag::redact
