#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace diag::windows {

/// What a line of ipconfig is about, as far as anybody here asks.
enum class IpconfigKey : std::uint8_t {
    host_name,
    primary_suffix,
    search_list,
    connection_suffix,
    connection_search_list,
    description,
    media_state,
    dhcp_enabled,
    address,
    gateway,
    dns_servers,
    dhcpv6_iaid,
    dhcpv6_client_duid,
    other,  ///< a label that is known, and of no use
};

/// By the label, without regard to case, blanks and dots; nullopt for a label that is not known.
std::optional<IpconfigKey> ipconfig_key(std::string_view label);

/// Whether a heading names an adapter, by its words.
bool names_adapter(std::string_view heading);

/// "Yes" and "No" in the languages of the labels.
std::optional<bool> yes_or_no(std::string_view value);

/// "Preferred" in the languages of the labels.
bool is_preferred(std::string_view state);

}  // namespace diag::windows
