#include <fmt/format.h>

#include <algorithm>

#include "libdiag/base/utf.h"
#include "libdiag/check/event_text.h"
#include "libdiag/decode/timeline.h"
#include "libdiag/proto/kms/base_request.h"
#include "libdiag/proto/kms/error_codes.h"

namespace diag::decode {
namespace {

using check::ClientHistory;
using check::JoinedEvents;
using check::RequestStep;
using report::line_width;

constexpr std::size_t label_width = 18;  // "    client 12288  "

void append_line(std::string& out, std::string_view text, std::size_t indent, std::size_t further) {
    out.append(indent, ' ');
    report::append_wrapped(out, escape_for_terminal(text), indent, further, line_width);
    out += '\n';
}

void append_part(std::string& out, std::string_view label, std::string_view text) {
    out += fmt::format("    {:<{}}", label, label_width - 4);
    report::append_wrapped(out, escape_for_terminal(text), label_width, label_width, line_width);
    out += '\n';
}

std::string status_name(std::uint32_t status) {
    for (const auto& [value, name] : kms::license_status_names)
        if (value == status) return std::string{name};
    return std::to_string(status);
}

// "license status notification, 0 minutes left, needs 25 clients, virtual machine"
std::string request_text(const windows::LoggedRequest& request) {
    std::vector<std::string> parts;
    if (request.license_status) parts.push_back("license status " + status_name(*request.license_status));
    if (request.minutes_to_expiry)
        parts.push_back(fmt::format("{} left", report::format_minutes(*request.minutes_to_expiry)));
    if (request.required_count)
        parts.push_back("needs " + report::format_count(*request.required_count, "client", "clients"));
    if (request.virtual_machine)
        parts.emplace_back(*request.virtual_machine != 0 ? "virtual machine" : "no virtual machine");
    if (request.client_time) {
        std::string time = format_rfc3339(*request.client_time, 0);
        parts.push_back("client time " + time.erase(time.size() - 4) + "Z");  // whole minutes
    }
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::string meaning_of(std::uint32_t code) {
    const auto* error = code == 0 ? nullptr : kms::find_error(code);
    return error == nullptr ? std::string{} : std::string{error->meaning};
}

// A code, then what it means.
void append_code(std::string& out, std::string_view label, std::uint32_t code, std::string_view more) {
    append_part(out, label, check::code_text(code) + std::string{more});
    if (const std::string meaning = meaning_of(code); !meaning.empty()) append_part(out, "", meaning);
}

std::string by_flags(std::uint32_t flags) {
    const std::string names = windows::flag_names(flags);
    return names.empty() ? names : "; flags: " + names;
}

void append_sent(std::string& out, const windows::RequestSent& sent) {
    append_code(out, "client 12288", sent.hresult, by_flags(sent.flags));
    append_part(out, "", request_text(sent.request));
}

void append_captured(std::string& out, const check::CapturedRequest& seen, check::CaptureMatch match) {
    std::string text = fmt::format("{} -> {}, packets {} to {} of {}: {}", to_string(seen.client), to_string(seen.host),
                                   seen.first_packet, seen.last_packet, seen.capture, name_of(seen.outcome));
    if (seen.hresult) text += fmt::format(", {}", check::code_text(*seen.hresult));
    if (seen.count) text += fmt::format(", count {}", *seen.count);
    if (match == check::CaptureMatch::by_time) text += "; joined by time, its machine id is not readable";
    append_part(out, "capture", text);
}

// The host's view; what the client's own event has already said is not said again.
void append_processed(std::string& out, const windows::KmsEvent& event, const windows::RequestProcessed& processed,
                      bool with_request) {
    const std::string where = event.computer.empty() ? "" : fmt::format(" at {}", event.computer);
    append_code(out, "host 12290", processed.hresult, where);
    if (with_request) append_part(out, "", request_text(processed.request));
}

void append_answered(std::string& out, const windows::ResponseProcessed& answer) {
    std::string more = answer.activated ? ", activated" : ", not activated";
    if (answer.count) more += fmt::format(", count {}", *answer.count);
    if (answer.activation_interval_minutes)
        more += fmt::format(", activation interval {}", report::format_minutes(*answer.activation_interval_minutes));
    if (answer.renewal_interval_minutes)
        more += fmt::format(", renewal interval {}", report::format_minutes(*answer.renewal_interval_minutes));
    append_code(out, "client 12289", answer.hresult, more + by_flags(answer.flags));
}

std::string step_title(const JoinedEvents& events, const RequestStep& step) {
    if (step.failed) return fmt::format("activation failed: {}", check::product_text(step.activation_id));
    std::string text = step.sent || step.processed || step.captured
                           ? fmt::format("request for {}", check::product_text(step.activation_id))
                           : std::string{"answer to a request that is not in the log"};
    if (const auto* sent = events.sent(step)) text += fmt::format(" to {}", check::host_text(*sent));
    return text;
}

void append_step(std::string& out, const JoinedEvents& events, const RequestStep& step) {
    append_line(out, fmt::format("{}  {}", check::time_text(step.time), step_title(events, step)), 2, 4);
    if (const auto* sent = events.sent(step)) append_sent(out, *sent);
    if (const auto* seen = events.capture(step)) append_captured(out, *seen, step.match);
    if (const auto* processed = events.processed(step))
        append_processed(out, events.at(*step.processed), *processed, !step.sent);
    if (const auto* answer = events.answered(step)) append_answered(out, *answer);
    if (const auto* failed = events.failed(step)) {
        const std::string trigger = failed->trigger.empty() ? "" : fmt::format(", trigger {}", failed->trigger);
        append_code(out, fmt::format("client {}", events.at(*step.failed).event_id), failed->hresult, trigger);
    }
}

void append_publications(std::string& out, const JoinedEvents& events) {
    const auto& all = events.publications;
    const std::size_t skipped = all.size() - std::min(all.size(), timeline_limits::publication_count);
    for (std::size_t i = skipped; i < all.size(); ++i) {
        const auto& event = events.at(all[i]);
        const auto& publication = std::get<windows::Publication>(event.body);
        std::string text =
            fmt::format("{}  {}: {} {} in {}", check::time_text(events.time_of(all[i])), event.event_id,
                        publication.computer.empty() ? "the host" : publication.computer,
                        publication.succeeded ? "is published" : "could not publish itself", publication.domain);
        if (publication.hresult) text += fmt::format(", {}", check::code_text(*publication.hresult));
        append_line(out, text, 2, 4);
    }
}

}  // namespace

void append_timeline_text(std::string& out, const JoinedEvents& events, const ClientHistory& client,
                          const report::Style& style, bool verbose) {
    std::string title;
    report::append_wrapped(title, escape_for_terminal("timeline of " + check::client_text(client)), 0, 4, line_width);
    out += style.strong(title) + '\n';
    const std::size_t shown = verbose ? timeline_limits::step_count : timeline_limits::text_step_count;
    const std::size_t skipped = client.steps.size() - std::min(client.steps.size(), shown);
    if (skipped > 0) {
        append_line(out,
                    fmt::format("{} left out{}", report::format_count(skipped, "older step", "older steps"),
                                verbose ? "" : " (-v shows more)"),
                    2, 4);
    }
    for (std::size_t i = skipped; i < client.steps.size(); ++i) append_step(out, events, client.steps[i]);
    out += '\n';
}

void append_events_text(std::string& out, const JoinedEvents& events, std::span<const check::Finding> findings,
                        const report::Style& style, bool verbose) {
    out += style.strong(events_summary(events)) + '\n';
    append_publications(out, events);
    for (const auto& finding : findings) report::append_finding(out, finding, style, verbose);
    out += '\n';
}

}  // namespace diag::decode
