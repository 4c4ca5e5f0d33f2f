#pragma once

#include <string>

#include "libdiag/check/event_join.h"

namespace diag::check {

/// "2026-11-23T20:09:15Z"; of a log without zone "2026-11-23T05:09:15 (local time)"; "at an unknown time".
std::string time_text(const windows::PlacedTime& time);

/// "0xC004F042 SL_E_VL_KEY_MANAGEMENT_SERVICE_ID_MISMATCH"; "0x00000000" of success.
std::string code_text(std::uint32_t code);

/// "Windows 10 Enterprise"; the id of a product that the catalogue does not have, "an unnamed product" of none.
std::string product_text(const std::optional<Uuid>& activation_id);

/// "kms01.corp.example:1688", "no host".
std::string host_text(const windows::RequestSent& sent);

/// "PC17.corp.example (7f4c1b52-…)", or what there is of the two.
std::string client_text(const ClientHistory& client);

/// "event 12293 of kms01.corp.example in host.xml, 2026-11-23T05:10:05Z: corp.example, 0x80072338 …".
std::string publication_text(const JoinedEvents& events, EventRef ref);

/// One line for each part of a step, the client's first: "event 12288 in client.evtx, 2026-11-23T20:09:15Z: 0xC004F042 … from
/// kms01.corp.example:1688".
std::vector<std::string> evidence_of(const JoinedEvents& events, const RequestStep& step);

}  // namespace diag::check
