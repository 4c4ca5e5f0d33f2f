#pragma once

#include <string>

#include "libdiag/check/finding.h"
#include "libdiag/dissect/conversation.h"

namespace diag::check {

/// Collects the evidence of one finding about a conversation: a sentence, and the packet that proves it.
///
///     out.push_back(FindingBuilder{rule::connect_refused, c, "..."}.saw(c.tcp.syn, "SYN").saw(c.tcp.rst[1], "RST").take());
class FindingBuilder {
public:
    FindingBuilder(const Rule& rule, const dissect::Conversation& c, std::string title);

    FindingBuilder& saw(std::string text);
    /// "packet 4 (+0.123 ms): what", from one second on in seconds; nothing when there is no such packet. The time counts from
    /// the first packet. Of a live conversation "+0.123 ms: what".
    FindingBuilder& saw(const dissect::Mark& mark, std::string_view what);
    /// Which cause and which remedy of the rule the evidence points to.
    FindingBuilder& points_to(std::size_t cause, std::size_t remedy);
    FindingBuilder& inner_code(std::uint32_t code);
    Finding take() { return std::move(finding_); }

private:
    Finding finding_;
    Timestamp start_;
    bool live_;
};

/// Whom findings about a conversation are about.
Subject subject_of(const dissect::Conversation& c);
/// The client's address, for titles.
std::string client_text(const dissect::Conversation& c);
/// "request of the client, call id 2, 280 bytes"
std::string pdu_text(const dissect::PduRecord& pdu);
/// "once", "3 times"
std::string times_text(std::uint64_t count);
/// "0.3 s", "61 s"
std::string seconds_text(std::int64_t ns);

}  // namespace diag::check
