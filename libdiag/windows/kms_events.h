#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "libdiag/base/time.h"
#include "libdiag/base/uuid.h"
#include "libdiag/windows/events.h"

// The events of a KMS client and a KMS host with their fields by name (libdiag/data/events.csv has their order).

namespace diag::windows {

/// The flags in field 2 of 12288 and 12289.
namespace attempt_flag {
inline constexpr std::uint32_t no_firmware_marker = 0x00000008;  ///< a warning only
inline constexpr std::uint32_t no_registration = 0x01000000;
inline constexpr std::uint32_t invalid_registration = 0x02000000;
inline constexpr std::uint32_t count_low = 0x04000000;
inline constexpr std::uint32_t not_eligible = 0x08000000;
}  // namespace attempt_flag

/// "no KMS registration found, count below the requirement"; bits without a name in hex; empty for 0.
std::string flag_names(std::uint32_t flags);

/// What a request says of its client: the same values stand in 12288 and 12290.
struct LoggedRequest {
    Uuid client_machine_id;
    std::optional<Timestamp> client_time;  ///< UTC, whole minutes: what travels in the request, by the client's clock
    std::optional<std::uint32_t> virtual_machine;
    std::optional<std::uint32_t> license_status;  ///< as kms::license_status_names
    std::optional<std::uint32_t> minutes_to_expiry;
    std::optional<Uuid> activation_id;
    std::optional<std::uint32_t> required_count;

    friend bool operator==(const LoggedRequest&, const LoggedRequest&) = default;
};

/// 12288: the client tried a host.
struct RequestSent {
    std::uint32_t hresult = 0;
    std::uint32_t flags = 0;
    std::string host;                   ///< name or address; empty where no host was found
    std::optional<std::uint16_t> port;  ///< nullopt: the event names none
    LoggedRequest request;

    friend bool operator==(const RequestSent&, const RequestSent&) = default;
};

/// 12289: the client judged an answer.
struct ResponseProcessed {
    std::uint32_t hresult = 0;
    std::uint32_t flags = 0;
    bool activated = false;
    std::optional<std::uint32_t> count;
    std::optional<std::uint32_t> activation_interval_minutes;
    std::optional<std::uint32_t> renewal_interval_minutes;
    std::optional<Timestamp> client_time;  ///< as the event has it; of its two spellings M/D/YYYY is read that way

    friend bool operator==(const ResponseProcessed&, const ResponseProcessed&) = default;
};

/// 12290: the host answered a request.
struct RequestProcessed {
    std::uint32_t hresult = 0;
    std::string machine_name;
    LoggedRequest request;

    friend bool operator==(const RequestProcessed&, const RequestProcessed&) = default;
};

/// 8198, and 8233 with the same contents: an activation failed as a whole.
struct ActivationFailed {
    std::uint32_t hresult = 0;
    std::optional<Uuid> activation_id;
    std::string trigger;  ///< "NetworkAvailable"; empty where the event does not say

    friend bool operator==(const ActivationFailed&, const ActivationFailed&) = default;
};

struct KmsEvent {
    std::uint32_t event_id = 0;
    Timestamp time;  ///< of the entry, as the log has it; see `clock`
    EventClock clock = EventClock::unknown;
    std::string computer;  ///< empty where the format does not say
    std::variant<RequestSent, ResponseProcessed, RequestProcessed, ActivationFailed, Publication> body;

    friend bool operator==(const KmsEvent&, const KmsEvent&) = default;
};

/// The events of one log that tell of KMS.
struct KmsLog {
    std::string name;                  ///< of the file, for evidence
    std::vector<KmsEvent> events;      ///< oldest first
    std::size_t other_count = 0;       ///< of the licensing services, about something else
    std::size_t unreadable_count = 0;  ///< of KMS, whose fields are not those of their number
    std::string first_unreadable;      ///< "event 12288 with 3 fields"; empty if there is none
    bool has_answers = false;          ///< there is a 12289: it was not left out of the export
    std::optional<Timestamp> newest;   ///< time of the newest entry of the licensing services, as the log has it

    friend bool operator==(const KmsLog&, const KmsLog&) = default;
};

/// Takes the events of KMS out of a log. Entries with too few or too many fields, or with values that are none, are counted
/// and left out. A log that has its newest entry first is turned round.
KmsLog kms_log(const EventLog& log, std::string name = {});

}  // namespace diag::windows
