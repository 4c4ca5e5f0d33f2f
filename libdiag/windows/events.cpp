#include "libdiag/windows/events.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "libdiag/base/line_text.h"
#include "libdiag/base/saved_text.h"
#include "libdiag/base/utf.h"
#include "libdiag/proto/dns/service_name.h"
#include "libdiag/windows/event_fields.h"
#include "libdiag/windows/event_list.h"
#include "libdiag/windows/event_sink.h"
#include "libdiag/windows/event_table.h"
#include "libdiag/windows/event_text.h"
#include "libdiag/windows/event_xml.h"

namespace diag::windows {
namespace {

constexpr std::string_view providers[] = {
    "Microsoft-Windows-Security-SPP",
    "Security-SPP",
    "Software Protection Platform Service",  // the classic name of the same, in EventSourceName
    "KmsRequests",                           // that of 12290
    "Microsoft-Windows-Security-Licensing-SLC",
    "Security-Licensing-SLC",
    "Software Licensing Service",
    "Office Software Protection Platform Service",
};

constexpr std::string_view no_event_log =
    "no exported event log in it; export one with: wevtutil epl Application FILE.evtx, or with: wevtutil qe "
    "Application "
    "/f:xml > FILE.xml";

// Strings of events may have control characters, which XML does not allow and which mean nothing in the other formats.
void blank_controls(std::string& text) {
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\r' && c != '\n'; }, ' ');
}

bool read_into(std::string_view text, EventSink& sink) {
    if (text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size())).starts_with('<'))
        return read_event_xml(text, sink);
    if (is_event_text(text)) {
        read_event_text(text, sink);
    } else if (is_event_list(text)) {
        read_event_list(text, sink);
    } else {
        return read_event_table(text, sink);
    }
    return true;
}

std::optional<Publication> publication_of(const Event& event) {
    const bool succeeded = event.event_id == event_id::publication_succeeded;
    if (!succeeded && event.event_id != event_id::publication_failed) return std::nullopt;
    Publication out{.computer = event.computer, .succeeded = succeeded, .time = event.time, .clock = event.clock};
    for (const std::string& field : event.fields) {
        if (const auto code = code_of(field)) {
            if (!succeeded) out.hresult = code;
        } else if (out.domain.empty()) {
            out.domain = field;
        }
    }
    if (out.domain.ends_with('.')) out.domain.pop_back();
    if (out.domain.empty()) return std::nullopt;
    return out;
}

bool is_newer(const Publication& a, const Publication& than) {
    const bool have_times = a.clock != EventClock::unknown && than.clock != EventClock::unknown;
    return !have_times || a.time >= than.time;
}

}  // namespace

bool is_licensing_provider(std::string_view name) {
    return std::ranges::any_of(providers, [name](std::string_view known) { return equals_word(name, known); });
}

std::expected<EventLog, std::string> read_events(Bytes file) {
    if (file.size() > limits::event_file_size) {
        return std::unexpected{
            fmt::format("too large: {} bytes, at most {} are read; export with a filter: wevtutil qe Application "
                        "/q:\"*[System[Provider[@Name='Microsoft-Windows-Security-SPP']]]\" /f:xml > FILE.xml",
                        file.size(), limits::event_file_size)};
    }
    std::string text = console_text_of(file);
    blank_controls(text);
    std::string_view rest = text;
    if (rest.starts_with(utf8_byte_order_mark)) rest.remove_prefix(utf8_byte_order_mark.size());
    EventSink sink;
    if (!read_into(rest, sink)) return std::unexpected{std::string{no_event_log}};
    if (sink.is_full()) {
        return std::unexpected{
            fmt::format("more than {} events of the licensing services; export a shorter time", limits::event_count)};
    }
    return sink.take();
}

std::vector<Publication> publications(const std::vector<Event>& events) {
    std::vector<Publication> out;
    std::map<std::string, std::size_t> index_of;  // domain and computer, which has no line break in it
    for (const Event& event : events) {
        auto publication = publication_of(event);
        if (!publication) continue;
        const auto key = dns::lower_case(publication->domain) + '\n' + dns::lower_case(publication->computer);
        const auto [found, is_new] = index_of.try_emplace(key, out.size());
        if (is_new) {
            out.push_back(std::move(*publication));
        } else if (is_newer(*publication, out[found->second])) {
            out[found->second] = std::move(*publication);
        }
    }
    return out;
}

}  // namespace diag::windows
