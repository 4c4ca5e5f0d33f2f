#include "libdiag/activate/activation_text.h"

#include <fmt/format.h>

#include "libdiag/activate/verdict.h"
#include "libdiag/base/hex.h"
#include "libdiag/base/utf.h"
#include "libdiag/decode/exchange_text.h"
#include "libdiag/discover/discovery_text.h"
#include "libdiag/probe/probe_text.h"
#include "libdiag/proto/kms/catalogue.h"
#include "libdiag/slmgr/dlv_text.h"

namespace diag::activate {
namespace {

using report::format_duration;

using report::line_width;
constexpr std::size_t text_column = 11;

void append_line(std::string& out, std::string_view label, std::string_view text) {
    out += "  ";
    out += label;
    out.append(text_column - 2 - label.size(), ' ');
    report::append_wrapped(out, text, text_column, text_column, line_width);
    out += '\n';
}

void append_discovery(std::string& out, const Activation& activation) {
    if (activation.given) return append_line(out, "host", "given, so DNS is not asked for the service");
    discover::append_lookups(out, activation.discovery);
}

void append_client(std::string& out, const Activation& activation, const report::Style& style) {
    const kms::BaseRequest& request = activation.request;
    const auto* product = kms::find_product(request.activation_id);
    out += style.strong(product == nullptr ? "unknown product" : std::string{product->name});
    out += '\n';
    append_line(out, "product", to_string(request.activation_id));
    append_line(out, "",
                fmt::format("protocol version {}.{}, {} clients needed", request.version.major, request.version.minor,
                            request.required_client_count));
    append_discovery(out, activation);
}

void append_address(std::string& out, const AddressTry& tried, const report::Style& style, bool verbose) {
    const probe::Attempt& attempt = tried.attempt;
    std::string stages = fmt::format("{} {}; connect {}", to_string(attempt.target), probe::port_state(attempt),
                                     format_duration(attempt.connect_time.count()));
    if (attempt.bind_time) stages += fmt::format(", bind {}", format_duration(attempt.bind_time->count()));
    append_line(out, "stages", stages);
    if (attempt.bind && !attempt.bind->syntaxes.empty()) append_line(out, "bind", attempt.bind->syntaxes);
    const auto& conversation = tried.live->conversation();
    if (verbose) decode::append_bind_checks(out, conversation);
    for (std::size_t i = 0; i < conversation.exchanges.size(); ++i)
        decode::append_exchange(out, conversation, i, style, true);  // with every check of the answer
}

void append_hosts(std::string& out, const Activation& activation, const report::Style& style, bool verbose) {
    for (const HostTry& host : activation.hosts) {
        out += '\n' + style.strong(printable_names(to_string(host.target))) + '\n';
        if (host.origin) append_line(out, "origin", printable_names(discover::origin_text(*host.origin)));
        if (host.name)
            append_line(
                out, "name",
                fmt::format("{} after {}", describe(host.name->end), format_duration(host.name->duration().count())));
        for (const AddressTry& tried : host.addresses) append_address(out, tried, style, verbose);
    }
}

void append_findings(std::string& out, const Activation& activation, const report::Style& style, bool verbose) {
    report::append_findings(out, activation.findings, style, verbose, Backslash::kept);
}

void append_verdict(std::string& out, const Activation& activation, const report::Style& style) {
    const auto worst = check::worst(activation.findings);
    const std::string text = printable_names(verdict_text(activation));
    std::string wrapped;
    report::append_wrapped(wrapped, text, 9, 9, line_width);
    out += "\nVerdict: ";
    const bool is_good = !worst || *worst == check::Severity::info;
    out += is_good ? style.good(wrapped) : style.severity(*worst, wrapped);
    out += '\n';
}

std::string status_text(std::uint32_t status) { return status == 0 ? "0" : format_code(status); }

std::string_view dlv_heading(const Activation& activation) {
    switch (result_of(activation)) {
        case Result::activated: return "slmgr /dlv would show on this client, which is activated:\n";
        case Result::keys_refused:
            return "What slmgr /dlv would show afterwards cannot be told with these keys. Before:\n";
        default: break;
    }
    return "slmgr /dlv would show on this client, which this attempt did NOT activate:\n";
}

// What the exchange told, and slmgr does not show of a client that is not activated.
void append_hidden(std::string& out, const Activation& activation) {
    if (!activation.answer || activation.answer->is_enough) return;
    const Answer& answer = *activation.answer;
    out += "\nThe host answered, and slmgr /dlv does not show it on such a client:\n";
    append_line(out, "host", to_string(answer.host));
    append_line(out, "ePID", escape_for_terminal(answer.response.epid_text()));
    append_line(out, "count", fmt::format("{} of {}", answer.response.count, activation.request.required_client_count));
    append_line(out, "interval",
                fmt::format("asks every {} until activated, renews every {}",
                            report::format_minutes(answer.response.activation_interval_minutes),
                            report::format_minutes(answer.response.renewal_interval_minutes)));
    append_line(out, "client", to_string(activation.request.client_machine_id));
}

// Which hosts it took, in a line each.
void append_tries(std::string& out, const Activation& activation) {
    out += '\n';
    for (const HostTry& host : activation.hosts) append_line(out, "tried", printable_names(try_text(host)));
}

}  // namespace

void append_ato(std::string& out, const Activation& activation, const report::Style& style, bool verbose) {
    append_client(out, activation, style);
    append_hosts(out, activation, style, verbose);
    append_findings(out, activation, style, verbose);
    if (const auto ato = ato_text_of(activation)) {
        out += fmt::format("\nslmgr /ato would print this, and end with status {}:\n", status_text(ato->script_status));
        out += ato->text;
    } else {
        out += "\nWhat slmgr /ato would print cannot be told with these keys.\n";
    }
    append_verdict(out, activation, style);
}

void append_dlv(std::string& out, const Activation& activation, const report::Style& style, bool verbose) {
    if (verbose) {
        append_client(out, activation, style);
        append_hosts(out, activation, style, verbose);
        out += '\n';
    }
    out += dlv_heading(activation);
    slmgr::append_dlv(out, dlv_of(activation));
    append_hidden(out, activation);
    if (!verbose && activation.hosts.size() > 1) append_tries(out, activation);
    if (!activation.findings.empty()) out += '\n';
    append_findings(out, activation, style, verbose);
    append_verdict(out, activation, style);
}

}  // namespace diag::activate
