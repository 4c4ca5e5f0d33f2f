#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "libdiag/base/utf.h"
#include "libdiag/check/finding.h"
#include "libdiag/check/outcome.h"
#include "libdiag/dissect/conversation.h"
#include "libdiag/dissect/dns_search.h"

// What `-w FILE.pcapng` writes beside packets, for readers that know neither KMS nor our findings. In the language that was
// chosen, as titles are. Text of peers is escaped.
namespace diag::decode {

/// What one packet of the capture means, in a line.
struct Annotation {
    std::uint64_t packet = 0;
    std::string text;
};

/// Packets on which one finding is told; of more the first ones and the last.
inline constexpr std::size_t max_packets_of_finding = 8;

/// The steps of a conversation: connection, bind, requests, answers, its end; and, where it is over, what came of it.
std::vector<Annotation> annotate(const dissect::Conversation& conversation, check::Outcome outcome);

/// The questions of a search and their answers.
std::vector<Annotation> annotate(const dissect::DnsSearch& search);

/// Each finding on the packets that prove it, or on `otherwise` where it names none.
std::vector<Annotation> annotate(std::span<const check::Finding> findings, std::uint64_t otherwise,
                                 Backslash backslash);

/// The name of a machine, as the capture tells it.
struct KnownName {
    IpAddress address;
    std::string name;
};

/// Of the host by DNS, and of the client by what it calls itself in its requests.
std::vector<KnownName> names_of(const dissect::Conversation& conversation);
std::vector<KnownName> names_of(const dissect::DnsSearch& search);

/// `name` as a host name without the dot at its end. Nothing for what cannot be one: other characters than letters, digits,
/// hyphens, underscores and dots, labels or names that are too long, and addresses in disguise.
std::optional<std::string> host_name_text(std::string_view name);

}  // namespace diag::decode
