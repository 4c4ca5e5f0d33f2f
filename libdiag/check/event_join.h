#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "libdiag/base/ip_address.h"
#include "libdiag/check/outcome.h"
#include "libdiag/windows/event_clock.h"
#include "libdiag/windows/kms_events.h"

// What the logs of clients and hosts, and captures, say of the same request, brought together.

namespace diag::check {

/// What a capture has of one request, or of one attempt that came to none.
struct CapturedRequest {
    std::string capture;
    std::uint64_t first_packet = 0;
    std::uint64_t last_packet = 0;
    Timestamp began;  ///< its first packet
    Timestamp ended;
    Endpoint client, host;
    std::string host_name;  ///< by DNS in the capture; may be empty
    Outcome outcome = Outcome::complete;
    std::optional<Uuid> client_machine_id;  ///< nullopt, and so the next two: no request, or its body stays closed
    std::optional<Uuid> activation_id;
    std::optional<Timestamp> client_time;
    std::optional<std::uint32_t> hresult;
    std::optional<std::uint32_t> count;
    std::optional<std::uint32_t> required_count;
};

/// An event by its place.
struct EventRef {
    std::size_t log = 0;
    std::size_t event = 0;
};

/// How a captured conversation was found to be that of an event.
enum class CaptureMatch : std::uint8_t {
    none,
    by_request,  ///< same client machine id, activation id and client time
    by_time,     ///< same time, port and code, and nothing else fits; the capture does not show the machine id
};

/// One attempt of a client, as far as each side tells of it; or a failure as a whole (8198, 8233), which stands alone.
struct RequestStep {
    windows::PlacedTime time;             ///< of the first of its parts that has one
    std::optional<EventRef> sent;         ///< 12288
    std::optional<EventRef> processed;    ///< 12290
    std::optional<EventRef> answered;     ///< 12289
    std::optional<EventRef> failed;       ///< 8198 or 8233
    std::optional<std::size_t> captured;  ///< index among the captured requests
    CaptureMatch match = CaptureMatch::none;
    std::optional<Uuid> activation_id;
};

/// A client: by its machine id, and by its name where several machines use that; else by its name, else by the log that has
/// its events.
struct ClientHistory {
    std::optional<Uuid> client_machine_id;
    std::string name;                ///< of the computer; may be empty
    std::vector<RequestStep> steps;  ///< oldest first
    bool is_clone = false;           ///< other machines use its machine id, and stand beside it
};

/// What saved output of a client tells: at this time, or later, it was activated for the product.
struct KnownRenewal {
    Uuid client_machine_id;
    std::optional<Uuid> activation_id;
    Timestamp since;
};

/// Joined logs and captures; views of what it was made of.
struct JoinedEvents {
    std::span<const windows::KmsLog> logs;
    std::span<const CapturedRequest> captured;
    std::vector<ClientHistory> clients;                   ///< in the order in which they first appear
    std::vector<EventRef> publications;                   ///< 12293 and 12294, oldest first
    std::vector<std::vector<windows::PlacedTime>> times;  ///< of the events of each log
    std::vector<KnownRenewal> renewals;                   ///< of saved output, by those who have some

    const windows::KmsEvent& at(EventRef ref) const { return logs[ref.log].events[ref.event]; }
    const windows::PlacedTime& time_of(EventRef ref) const { return times[ref.log][ref.event]; }
    /// The parts of a step by their type; nullptr where it has none.
    const windows::RequestSent* sent(const RequestStep& step) const { return body<windows::RequestSent>(step.sent); }
    const windows::RequestProcessed* processed(const RequestStep& step) const {
        return body<windows::RequestProcessed>(step.processed);
    }
    const windows::ResponseProcessed* answered(const RequestStep& step) const {
        return body<windows::ResponseProcessed>(step.answered);
    }
    const windows::ActivationFailed* failed(const RequestStep& step) const {
        return body<windows::ActivationFailed>(step.failed);
    }
    const CapturedRequest* capture(const RequestStep& step) const {
        return step.captured ? &captured[*step.captured] : nullptr;
    }

private:
    template <class T> const T* body(const std::optional<EventRef>& ref) const {
        return ref ? std::get_if<T>(&at(*ref).body) : nullptr;
    }
};

/// Joins by client machine id, activation id and client time, which stand in 12288, 12290 and the request itself, in UTC: so
/// neither the zone nor the fault of a log's clock matters. 12289 follows the 12288 of the same log. Conversations that show no
/// machine id are joined by their time, where that leaves no doubt. The same entry in two logs counts once. A client that is in
/// captures only is left out. The arguments must outlive the result.
JoinedEvents join_events(std::span<const windows::KmsLog> logs, std::span<const CapturedRequest> captured = {});

/// Whether two names can be those of one machine: equal but for case, or one of them the first label of the other.
bool is_same_machine(std::string_view a, std::string_view b);

}  // namespace diag::check
