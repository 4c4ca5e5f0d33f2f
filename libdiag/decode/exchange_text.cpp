#include "libdiag/decode/exchange_text.h"

#include <fmt/compile.h>

#include <algorithm>

#include "libdiag/base/hex.h"
#include "libdiag/base/utf.h"
#include "libdiag/decode/names.h"
#include "libdiag/decode/timing.h"
#include "libdiag/proto/kms/catalogue.h"
#include "libdiag/proto/kms/epid.h"
#include "libdiag/proto/kms/error_codes.h"

namespace diag::decode {
namespace {

using dissect::Conversation;
using dissect::Exchange;
using report::format_duration;

constexpr std::size_t text_column = 11;
using report::line_width;

void append_line(std::string& out, std::string_view label, std::string_view text) {
    out += "  ";
    out += label;
    out.append(text_column - 2 - label.size(), ' ');
    report::append_wrapped(out, text, text_column, text_column, line_width);
    out += '\n';
}

// What a host can be set to (slmgr /sai, /sri).
constexpr std::uint32_t min_interval_minutes = 15;
constexpr std::uint32_t max_interval_minutes = 43'200;

std::string interval_text(std::uint32_t minutes) {
    std::string text = report::format_minutes(minutes);
    if (minutes < min_interval_minutes || minutes > max_interval_minutes)
        text += fmt::format(FMT_COMPILE(" (outside {} to {} minutes)"), min_interval_minutes, max_interval_minutes);
    return text;
}

void append_request(std::string& out, const kms::Request& request) {
    if (!request.base) {
        append_line(
            out, "client",
            request.body_protected()
                ? fmt::format(FMT_COMPILE("request of {} bytes, not opened by the key profile"), request.message_size)
                : "the request cannot be read: bytes are missing or damaged");
        return;
    }
    const auto& base = *request.base;
    std::string status{name_of(kms::license_status_names, base.license_status)};
    if (status.empty()) status = fmt::format(FMT_COMPILE("license status {}"), base.license_status);
    append_line(out, "client",
                fmt::format(FMT_COMPILE("{}, {}{}{}"), escape_for_terminal(base.workstation_text()), status,
                            base.binding_expiration_minutes > 0
                                ? fmt::format(FMT_COMPILE(" with {} left"),
                                              report::format_minutes(base.binding_expiration_minutes))
                                : "",
                            base.virtual_machine != 0 ? ", virtual machine" : ""));
    append_line(out, "", fmt::format(FMT_COMPILE("machine id {}"), to_string(base.client_machine_id)));
    if (!base.previous_client_machine_id.is_nil())
        append_line(out, "", fmt::format(FMT_COMPILE("formerly   {}"), to_string(base.previous_client_machine_id)));
    append_line(out, "", fmt::format(FMT_COMPILE("its clock  {}"), format_rfc3339(base.client_time_filetime)));
}

std::string epid_meaning(const kms::Epid& epid) {
    std::string text;
    const auto os = kms::host_os(epid);
    text += os.empty() ? fmt::format(FMT_COMPILE("build {} (not in the catalogue)"), epid.build)
                       : fmt::format(FMT_COMPILE("{} (build {})"), os, epid.build);
    const auto* key = kms::host_key(epid);
    text += key != nullptr
                ? fmt::format(FMT_COMPILE(", host key {}"), key->name)
                : fmt::format(FMT_COMPILE(", host key group {} (number not in the catalogue)"), epid.group_id);
    const std::string date = kms::activation_date_text(epid);
    text += date.empty()
                ? fmt::format(FMT_COMPILE(", activated on day {} of {}"), epid.activation_day, epid.activation_year)
                : fmt::format(FMT_COMPILE(", activated {}"), date);
    text += fmt::format(FMT_COMPILE(", language {}"), epid.lcid);
    if (epid.is_lab()) text += "; REFERENCE HOST of this toolkit";
    return text;
}

void append_answer(std::string& out, const Exchange& e) {
    const auto& response = *e.response;
    if (!response.base) {
        append_line(
            out, "answer",
            response.body_protected()
                ? fmt::format(FMT_COMPILE("response of {} bytes, not opened by the key profile"), response.message_size)
                : "the response cannot be read: bytes are missing or damaged");
        return;
    }
    const auto& base = *response.base;
    std::string count = fmt::format(FMT_COMPILE("count {}"), base.count);
    if (e.request.base) {
        const std::uint32_t needed = e.request.base->required_client_count;
        count += fmt::format(FMT_COMPILE(", {} needed: {}"), needed, base.count < needed ? "NOT ENOUGH" : "enough");
    }
    append_line(out, "answer", count);
    append_line(
        out, "",
        fmt::format(FMT_COMPILE("asks every {} until activated, renews every {}"),
                    interval_text(base.activation_interval_minutes), interval_text(base.renewal_interval_minutes)));
    const std::string epid_text = base.epid_text();
    append_line(out, "ePID", escape_for_terminal(epid_text));
    const auto epid = kms::parse_epid(epid_text);
    append_line(out, "", epid ? epid_meaning(*epid) : "not in the usual form");
    if (const auto hwid = response.hwid()) append_line(out, "hardware", to_upper_hex(*hwid));
}

// Names of checks by result.
struct CheckNames {
    std::string failed, passed;  ///< passed: only when they are wanted
    std::size_t passed_count = 0;
};

template <class Table, class Checks>
void collect(const Table& table, const Checks& checks, bool wants_passed, CheckNames& out) {
    for (const auto& entry : table) {
        const CheckResult result = checks.*(entry.member);
        if (result == CheckResult::not_checked) continue;
        const bool passed = result == CheckResult::passed;
        out.passed_count += passed ? 1 : 0;
        if (passed && !wants_passed) continue;
        std::string& names = passed ? out.passed : out.failed;
        if (!names.empty()) names += ", ";
        names += entry.key;
    }
}

// "all 8 passed", "failed: hmac; 7 passed", and with every name: "failed: hmac; passed: decrypt, hash".
std::string checks_text(const CheckNames& names, bool verbose) {
    if (names.failed.empty())
        return verbose ? "passed: " + names.passed : fmt::format(FMT_COMPILE("all {} passed"), names.passed_count);
    std::string failed = "failed: " + names.failed;
    if (names.passed_count == 0) return failed;
    return failed +
           (verbose ? "; passed: " + names.passed : fmt::format(FMT_COMPILE("; {} passed"), names.passed_count));
}

void append_checks(std::string& out, const Exchange& e, bool verbose) {
    CheckNames names;
    if (e.response) collect(kms::response_check_table, e.response->checks, verbose, names);
    if (verbose) collect(dcerpc::rpc_check_table, e.rpc_checks, true, names);
    if (names.passed_count == 0 && names.failed.empty()) return;
    std::string text = checks_text(names, verbose);
    if (client_has_other_key(e)) text += ", but the client has another MAC key than the key profile";
    append_line(out, "checks", text);
}

std::string timing_text(const Conversation& c, const Exchange& e) {
    const auto whole = response_time(c, e);
    if (!whole) return {};
    const auto host = host_time(c, e);
    // 0: it answered faster than the network took for the handshake, which says nothing about the host.
    return host && *host > 0 ? fmt::format(FMT_COMPILE(", answered after {} (host {})"), format_duration(*whole),
                                           format_duration(*host))
                             : fmt::format(FMT_COMPILE(", answered after {}"), format_duration(*whole));
}

// The bytes of an answer that never got complete. A host answers in order: they belong to the first request that waits.
std::uint32_t partial_answer_size(const Conversation& c, std::size_t index) {
    constexpr auto host = static_cast<std::size_t>(dissect::Side::host);
    const auto waits = [](const Exchange& e) { return !e.response_pdu && !e.answer_not_captured; };
    const auto first = std::find_if(c.exchanges.begin(), c.exchanges.end(), waits);
    const bool is_this = static_cast<std::size_t>(first - c.exchanges.begin()) == index;
    return is_this && !c.not_rpc[host] ? c.partial_tail[host] : 0;
}

std::string missing_answer_text(const Conversation& c, std::size_t index) {
    if (c.exchanges[index].answer_not_captured)
        return "not in the capture (the client received bytes that the capture lacks)";
    const std::uint32_t partial = partial_answer_size(c, index);
    if (partial == 0) return "none";
    return fmt::format(FMT_COMPILE("incomplete: only {} {} of it arrived"), partial, partial == 1 ? "byte" : "bytes");
}

void append_any_answer(std::string& out, const Conversation& c, std::size_t index) {
    const Exchange& e = c.exchanges[index];
    if (e.response) return append_answer(out, e);
    if (e.fault_status) {
        return append_line(out, "answer",
                           fmt::format(FMT_COMPILE("RPC fault {}: {}"), format_code(*e.fault_status),
                                       dcerpc::fault_status_text(*e.fault_status)));
    }
    if (e.hresult && *e.hresult != 0) return append_line(out, "answer", refusal_text(*e.hresult));
    if (e.response_pdu)
        return append_line(out, "answer", "a response that cannot be read: bytes are missing or damaged");
    append_line(out, "answer", missing_answer_text(c, index));
}

}  // namespace

std::string refusal_text(std::uint32_t hresult) {
    const auto* known = kms::find_error(hresult);
    const bool named = known != nullptr && !known->symbol.empty();
    return fmt::format(FMT_COMPILE("refused, {}{}{}"), format_code(hresult), named ? " " : "",
                       named ? known->symbol : "");
}

void append_exchange(std::string& out, const Conversation& c, std::size_t index, const report::Style& style,
                     bool verbose) {
    const Exchange& e = c.exchanges[index];
    const std::string number =
        c.exchanges.size() > 1 ? fmt::format(FMT_COMPILE("{} of {}: "), index + 1, c.exchanges.size()) : "";
    std::string product;
    report::append_wrapped(product, number + escape_for_terminal(product_name(e)), text_column, text_column,
                           line_width);
    out += "  request  ";
    out += style.strong(product);
    out += '\n';
    append_line(out, "",
                fmt::format(FMT_COMPILE("version {}, {}{}{}"), version_text(e),
                            e.syntax ? dcerpc::name_of(*e.syntax) : "transfer syntax unknown",
                            c.live ? "" : fmt::format(FMT_COMPILE(", packet {}"), c.pdus[e.request_pdu].last.packet),
                            timing_text(c, e)));
    append_request(out, e.request);
    append_any_answer(out, c, index);
    append_checks(out, e, verbose);
}

void append_bind_checks(std::string& out, const Conversation& c) {
    CheckNames names;
    collect(dcerpc::rpc_check_table, c.bind_checks, true, names);
    if (names.passed_count > 0 || !names.failed.empty()) append_line(out, "checks", checks_text(names, true));
}

}  // namespace diag::decode
