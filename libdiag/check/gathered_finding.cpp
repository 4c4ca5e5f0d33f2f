#include "libdiag/check/gathered_finding.h"

#include "libdiag/check/finding_builder.h"
#include "libdiag/lang/message.h"

namespace diag::check {
namespace {

constexpr std::size_t max_evidence = 8;

}  // namespace

Finding& gathered(std::vector<Finding>& findings, const Rule& rule, const dissect::Conversation& c, std::string title) {
    for (Finding& finding : findings)
        if (finding.rule == &rule && finding.title == title) return finding;
    findings.push_back(FindingBuilder{rule, c, std::move(title)}.take());
    return findings.back();
}

Finding& gather(std::vector<Finding>& findings, const Rule& rule, const dissect::Conversation& c, std::string title,
                std::string evidence, const dissect::Mark& mark) {
    Finding& finding = gathered(findings, rule, c, std::move(title));
    const bool is_packet = mark && !c.live;
    if (is_packet) finding.packets.push_back(mark.packet);
    if (finding.evidence.size() < max_evidence) {
        finding.evidence.push_back(is_packet ? lang::say("packet {}: {}", mark.packet, evidence) : std::move(evidence));
    } else if (!c.live) {
        finding.evidence.resize(max_evidence);
        finding.evidence.push_back(lang::say("and {} more packets like these", finding.packets.size() - max_evidence));
    }
    return finding;
}

}  // namespace diag::check
