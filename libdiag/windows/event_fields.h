#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libdiag/windows/events.h"

namespace diag::windows {

/// Events 12288 to 12290 have all their values in one text: "0x0, 25, client.corp.example, ...". They become one field each.
void split_joined_fields(Event& event);

/// Whether events of this number have their values in one text: 12288 to 12290.
bool has_joined_fields(std::uint32_t event_id);

/// The values of an event from its message, in whatever language: the list behind the first "0x" of 12288 to 12290, the code
/// and the quoted domain of 12293, the quoted domain of 12294. Of other events the message itself is the only field.
std::vector<std::string> fields_of_message(std::uint32_t event_id, std::string_view message);

/// The provider of an event of KMS for a format that does not name it: by the shape of its message, whose values no other
/// provider writes so. Empty for any other event.
std::string_view provider_of_message(std::uint32_t event_id, std::string_view message);

/// The number of an event, in decimal; nullopt unless that is all of the text.
std::optional<std::uint32_t> event_id_of(std::string_view text);

/// "0xC004F074": nullopt unless that is all of the text.
std::optional<std::uint32_t> code_of(std::string_view text);

}  // namespace diag::windows
