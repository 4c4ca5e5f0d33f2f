#include "libdiag/check/event_text.h"

#include <fmt/format.h>

#include "libdiag/base/hex.h"
#include "libdiag/lang/message.h"
#include "libdiag/proto/kms/catalogue.h"
#include "libdiag/proto/kms/error_codes.h"

namespace diag::check {
namespace {

using lang::say;
using lang::tr;

std::string place_text(const JoinedEvents& events, EventRef ref) {
    const windows::KmsEvent& event = events.at(ref);
    const std::string& log = events.logs[ref.log].name;
    if (event.computer.empty() && log.empty()) return say("event {}", event.event_id);
    if (event.computer.empty()) return say("event {} in {}", event.event_id, log);
    if (log.empty()) return say("event {} of {}", event.event_id, event.computer);
    return say("event {} of {} in {}", event.event_id, event.computer, log);
}

std::string with_flags(const std::string& text, std::uint32_t flags) {
    const std::string names = windows::flag_names(flags);
    return names.empty() ? text : text + "; " + names;
}

std::string sent_text(const windows::RequestSent& sent) {
    return with_flags(say("{} from {}", code_text(sent.hresult), host_text(sent)), sent.flags);
}

std::string answered_text(const windows::ResponseProcessed& answer) {
    const std::string_view result = answer.activated ? tr("activated") : tr("not activated");
    std::string text = fmt::format("{}, {}", code_text(answer.hresult), result);
    if (answer.count) text += ", " + say("count {}", *answer.count);
    return with_flags(text, answer.flags);
}

std::string captured_text(const CapturedRequest& seen, CaptureMatch match) {
    std::string text = say("{}, packets {} to {}: {} -> {}, {}", seen.capture, seen.first_packet, seen.last_packet,
                           to_string(seen.client), to_string(seen.host), name_of(seen.outcome));
    if (seen.hresult) text += ", " + code_text(*seen.hresult);
    if (seen.count) text += ", " + say("count {}", *seen.count);
    return match == CaptureMatch::by_time ? say("{} (joined by time)", text) : text;
}

}  // namespace

std::string time_text(const windows::PlacedTime& time) {
    if (time.source == windows::TimeSource::none) return std::string{tr("at an unknown time")};
    std::string text = format_rfc3339(time.at, 0);
    if (time.source != windows::TimeSource::local) return text;
    text.pop_back();
    return say("{} (local time)", text);
}

std::string code_text(std::uint32_t code) {
    const auto* error = code == 0 ? nullptr : kms::find_error(code);
    if (error == nullptr || error->symbol.empty() || error->symbol == "?") return format_code(code);
    return fmt::format("{} {}", format_code(code), error->symbol);
}

std::string product_text(const std::optional<Uuid>& activation_id) {
    if (!activation_id || activation_id->is_nil()) return std::string{tr("an unnamed product")};
    const auto* product = kms::find_product(*activation_id);
    return product != nullptr ? std::string{product->name} : to_string(*activation_id);
}

std::string host_text(const windows::RequestSent& sent) {
    if (sent.host.empty()) return std::string{tr("no host")};
    const std::string host = sent.host.find(':') == std::string::npos ? sent.host : fmt::format("[{}]", sent.host);
    return sent.port ? fmt::format("{}:{}", host, *sent.port) : host;
}

std::string client_text(const ClientHistory& client) {
    if (!client.client_machine_id)
        return client.name.empty() ? std::string{tr("a client without a name")} : client.name;
    const std::string id = to_string(*client.client_machine_id);
    return client.name.empty() ? id : fmt::format("{} ({})", client.name, id);
}

std::string publication_text(const JoinedEvents& events, EventRef ref) {
    const auto& publication = std::get<windows::Publication>(events.at(ref).body);
    std::string text =
        fmt::format("{}, {}: {}", place_text(events, ref), time_text(events.time_of(ref)), publication.domain);
    if (!publication.hresult) return text;
    text += fmt::format(", {}", code_text(*publication.hresult));
    if (const auto* error = kms::find_error(*publication.hresult)) text += fmt::format(": {}", tr(error->meaning));
    return text;
}

std::vector<std::string> evidence_of(const JoinedEvents& events, const RequestStep& step) {
    std::vector<std::string> out;
    const auto add = [&](const std::optional<EventRef>& ref, const std::string& text) {
        out.push_back(fmt::format("{}, {}: {}", place_text(events, *ref), time_text(events.time_of(*ref)), text));
    };
    if (const auto* sent = events.sent(step)) add(step.sent, sent_text(*sent));
    if (const auto* seen = events.capture(step)) out.push_back(captured_text(*seen, step.match));
    if (const auto* processed = events.processed(step)) add(step.processed, code_text(processed->hresult));
    if (const auto* answer = events.answered(step)) add(step.answered, answered_text(*answer));
    if (const auto* failed = events.failed(step)) {
        std::string text = code_text(failed->hresult);
        if (!failed->trigger.empty()) text += ", " + say("trigger {}", failed->trigger);
        add(step.failed, text);
    }
    return out;
}

}  // namespace diag::check
