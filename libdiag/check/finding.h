#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libdiag/check/subject.h"

namespace diag::check {

enum class Severity : std::uint8_t { info, warning, critical };

/// Where on the client's road to activation a problem sits; `capture` is about the evidence, not the road.
enum class Stage : std::uint8_t { dns, connect, bind, request, response, count, clock, host, capture };

std::string_view name_of(Severity severity);
std::string_view name_of(Stage stage);

/// In the order in which a client meets them.
std::span<const Stage> all_stages();

/// One thing that the toolkit can say. The table in rules.cpp is the one source for docs/findings/ and all tools.
struct Rule {
    std::string_view id;  ///< "KMS-CONNECT-REFUSED": stable, never reused
    Severity severity;
    Stage stage;
    std::uint32_t windows_code;                ///< what the Windows client shows at the end; 0 where none
    std::uint32_t inner_code;                  ///< what its event 12288 carries for this host; 0 where none
    std::string_view summary;                  ///< one sentence: what it means
    std::span<const std::string_view> causes;  ///< most likely first
    std::span<const std::string_view> remedy;  ///< who does what where, in order

    /// One sentence: how to settle which of several causes it is; empty where the evidence settles it. TARGET stands for that
    /// of the finding.
    std::string_view to_be_sure = {};

    // For docs/findings/ and explanations; findings do not repeat it.
    std::string_view code_note = {};                ///< how sure the two codes are, and which others stand for the same
    std::string_view capture_shows = {};            ///< what to look for in the packets
    std::span<const std::string_view> events = {};  ///< which event logs to read: side, log, id, field
};

/// Something that was seen. Together with its rule it makes the contract's JSON object.
struct Finding {
    const Rule* rule = nullptr;                      ///< never null in a finding that is reported
    std::string target;                              ///< host:port, a client machine id, a file
    std::string title;                               ///< one sentence that names host, port or file
    std::vector<std::string> evidence;               ///< packet numbers, PDU types, values; may hold text of a peer
    std::vector<std::uint64_t> packets;              ///< packet numbers in the capture
    std::optional<std::uint32_t> windows_code = {};  ///< overrides the rule's code (an HRESULT that decides)
    std::optional<std::uint32_t> inner_code = {};
    std::size_t likely_cause = 0;              ///< which of the rule's causes the evidence points to
    std::size_t likely_remedy = 0;             ///< and which remedy goes with it
    std::vector<std::string> own_remedy = {};  ///< what to do with the addresses of this case; before those of the rule
    Subject about = {};                        ///< what of `target` and `title` other findings may share

    std::uint32_t shown_windows_code() const { return windows_code ? *windows_code : rule->windows_code; }
    std::uint32_t shown_inner_code() const { return inner_code ? *inner_code : rule->inner_code; }
};

/// The rule's causes and remedies, those that the evidence points to first. Views of the rule and of the finding.
std::vector<std::string_view> causes_of(const Finding& finding);
std::vector<std::string_view> remedy_of(const Finding& finding);

/// How to settle the cause: the rule's sentence, or its translation, with the target in it; empty where nothing is open.
std::string to_be_sure(const Finding& finding, std::string_view sentence);

/// The highest severity among the findings; nullopt when there are none.
std::optional<Severity> worst(std::span<const Finding> findings);

/// What of it is an alarm to the outside (exit status, status word, failed test): the worst severity where it reaches
/// `fail_on`; none where that is none (--fail-on never), and none for mere information.
std::optional<Severity> alarm_of(std::optional<Severity> worst, std::optional<Severity> fail_on);

}  // namespace diag::check
