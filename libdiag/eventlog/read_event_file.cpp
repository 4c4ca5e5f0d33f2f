#include "libdiag/eventlog/read_event_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/eventlog/evtx_records.h"
#include "libdiag/windows/event_sink.h"
#include "libdiag/windows/event_xml.h"

namespace diag::eventlog {
namespace {

using windows::EventLog;
using windows::EventSink;

constexpr std::string_view signature{"ElfFile\0", 8};
constexpr std::string_view old_signature{"\x30\0\0\0LfLe", 8};  // of Windows XP and 2003

bool starts_with(Bytes file, std::string_view start) {
    return file.size() >= start.size() && std::ranges::equal(head(file, start.size()), bytes_of(start));
}

// What the child sends: a letter that says what follows it.
enum class Message : char { record = 'r', unreadable = 'u', error = 'e', problem = 'p' };

std::string message(Message kind, std::string_view text = {}) {
    return fmt::format("{}{}", static_cast<char>(kind), text);
}

void send_records(Bytes file, const SendMessage& send) {
    const EvtxEnd end = for_each_evtx_record(file, [&](std::optional<std::string_view> xml) {
        return send(xml ? message(Message::record, *xml) : message(Message::unreadable));
    });
    if (end.error) send(message(Message::error, *end.error));
    if (end.problem) send(message(Message::problem, *end.problem));
}

class RecordReceiver {
public:
    bool receive(std::string_view text) {
        if (text.empty()) return false;
        const std::string_view rest = text.substr(1);
        switch (static_cast<Message>(text.front())) {
            case Message::record: add_record(rest); break;
            case Message::unreadable: sink_.add_unreadable(); break;
            case Message::error: error_ = rest; break;
            case Message::problem: sink_.set_problem(std::string{rest}); break;
        }
        return !sink_.is_full();
    }

    EventSink& sink() { return sink_; }
    const std::string& error() const { return error_; }

private:
    // Each is a document of its own: what damages one of them says nothing of the others.
    void add_record(std::string_view xml) {
        const std::size_t seen = sink_.seen_count();
        windows::read_event_xml(xml, sink_);
        sink_.clear_problem();
        if (sink_.seen_count() == seen) sink_.add_unreadable();
    }

    EventSink sink_;
    std::string error_;
};

}  // namespace

bool is_evtx(Bytes file) { return starts_with(file, signature); }

std::expected<EventLog, std::string> read_evtx(Bytes file, const SandboxLimits& limits) {
    if (file.size() > windows::limits::event_file_size) {
        return std::unexpected{
            fmt::format("too large: {} bytes, at most {} are read; export a shorter time with wevtutil epl /q",
                        file.size(), windows::limits::event_file_size)};
    }
    RecordReceiver receiver;
    const SandboxEnd end = run_in_sandbox(
        limits, [file](const SendMessage& send) { send_records(file, send); },
        [&receiver](std::string_view text) { return receiver.receive(text); });
    if (!receiver.error().empty()) return std::unexpected{receiver.error()};
    if (end == SandboxEnd::stopped) {
        return std::unexpected{fmt::format("more than {} events of the licensing services; export a shorter time",
                                           windows::limits::event_count)};
    }
    if (end == SandboxEnd::failed) {
        if (receiver.sink().seen_count() == 0) {
            return std::unexpected{std::string{
                "damaged in a way that libevtx does not survive; export the log as XML: wevtutil qe FILE /lf /f:xml"}};
        }
        receiver.sink().set_problem("libevtx gave up in the middle: the events behind that are missing");
    }
    return receiver.sink().take();
}

std::expected<EventLog, std::string> read_event_file(Bytes file) {
    if (is_evtx(file)) return read_evtx(file);
    if (starts_with(file, old_signature)) {
        return std::unexpected{
            std::string{"an .evt log of Windows XP or 2003, which is not read; save it as CSV in the Event Viewer"}};
    }
    return windows::read_events(file);
}

}  // namespace diag::eventlog
