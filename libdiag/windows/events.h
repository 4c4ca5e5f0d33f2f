#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libdiag/base/bytes.h"
#include "libdiag/base/time.h"

// Exported Windows event logs: what the licensing services wrote into them.

namespace diag::windows {

/// What read_events() takes. The Application log is 20 MiB by default, as XML in UTF-16 some six times that.
namespace limits {
inline constexpr std::size_t event_file_size = 256 * 1024 * 1024;  ///< bytes
inline constexpr std::size_t event_count = 100'000;       ///< of the licensing services; a log has some thousands
inline constexpr std::size_t event_field_count = 32;      ///< more are left out
inline constexpr std::size_t event_text_size = 8 * 1024;  ///< bytes of one text; the rest is left out
}  // namespace limits

/// What is known of the zone of a time.
enum class EventClock : std::uint8_t {
    unknown,    ///< there is no time, or none that can be read
    utc,        ///< in UTC
    local,      ///< local time of the machine that exported the log, as if it were UTC
    ambiguous,  ///< local; and whether day or month comes first was guessed
};

/// One event. All text is that of the file: escape it for a terminal.
struct Event {
    Timestamp time;
    EventClock clock = EventClock::unknown;
    std::string provider;  ///< as the file names it
    std::string channel;   ///< empty: the format does not say (CSV and tab-separated text of the Event Viewer)
    std::string computer;  ///< the same
    std::uint32_t event_id = 0;
    /// The values of the event in their order. Those that an event has in one text, separated by commas (12288 to 12290),
    /// stand here one by one. From formats that have only the message, they are taken out of it.
    std::vector<std::string> fields;

    friend bool operator==(const Event&, const Event&) = default;
};

struct EventLog {
    std::vector<Event> events;           ///< of the licensing services, in the order of the file
    std::size_t other_count = 0;         ///< events of other providers, which are left out
    std::size_t unreadable_count = 0;    ///< entries that were no event, or had no number
    std::optional<std::string> problem;  ///< one line: where and why the reading ended early; before that, all is good

    friend bool operator==(const EventLog&, const EventLog&) = default;
};

/// The events that tell of KMS; other logs use the same numbers for something else (Directory-Services-SAM in System).
namespace event_id {
inline constexpr std::uint32_t activation_failed = 8198;
inline constexpr std::uint32_t rule_failed = 8233;
inline constexpr std::uint32_t request_sent = 12288;
inline constexpr std::uint32_t response_processed = 12289;
inline constexpr std::uint32_t request_processed = 12290;
inline constexpr std::uint32_t publication_failed = 12293;
inline constexpr std::uint32_t publication_succeeded = 12294;
}  // namespace event_id

/// Whether an event source is one of the licensing services: Software Protection of Windows 7 and later, its predecessor
/// of Vista, that of Office 2010; by the name of provider or source, with or without "Microsoft-Windows-".
bool is_licensing_provider(std::string_view name);

/// Reads an exported log; the content tells the format: XML (wevtutil qe /f:xml or /f:RenderedXml, the Event Viewer, also
/// single <Event> elements), CSV and tab-separated text (the Event Viewer, English or Japanese headings or any with the same
/// order; Export-Csv), text (wevtutil qe /f:text, details that the Event Viewer copied), lists (Format-List of PowerShell).
/// UTF-8, UTF-16, or code page 932. The error is one line: the file is too large, has too many events, or is no such log.
/// EVTX is read by eventlog/read_event_file.h.
std::expected<EventLog, std::string> read_events(Bytes file);

/// The result of publishing the SRV record in one domain (events 12293 and 12294).
struct Publication {
    std::string domain;
    std::string computer;  ///< the host that published; empty where the format does not say
    bool succeeded = false;
    std::optional<std::uint32_t> hresult;  ///< of a failure; nullopt where none can be read
    Timestamp time;
    EventClock clock = EventClock::unknown;

    friend bool operator==(const Publication&, const Publication&) = default;
};

/// The newest result of each domain and computer, without regard to case; in the order in which they first appear. Events
/// without a domain are left out. Without times (EventClock::unknown) what comes later in the file is newer.
std::vector<Publication> publications(const std::vector<Event>& events);

}  // namespace diag::windows
