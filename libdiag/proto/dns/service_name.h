#pragma once

#include <span>
#include <string>
#include <string_view>

#include "libdiag/proto/dns/domain_name.h"

namespace diag::dns {

/// Where KMS clients look, in front of a domain.
inline constexpr std::string_view service_prefix = "_vlmcs._tcp.";
/// A label that nobody has published: this, then hex digits. Who has a record for it has one for every name.
inline constexpr std::string_view impossible_prefix = "_kms-check-";
/// Misspellings that pages and zones really have, and wrong protocols: no client asks for them.
extern const std::span<const std::string_view> near_miss_prefixes;

/// What a name has to do with the search for a KMS host.
enum class ServiceNameKind : std::uint8_t { other, service, near_miss, impossible };

struct ServiceName {
    ServiceNameKind kind = ServiceNameKind::other;
    std::string domain;  ///< what stands behind the prefix, lower case
};
ServiceName read_service_name(const DomainName& name);

/// Whether the first label of a name is one with which read_service_name() may have something to do.
bool may_begin_service_name(Bytes label);

/// ASCII letters in lower case: equal for names that are the same.
std::string lower_case(std::string text);

}  // namespace diag::dns
