#include "libdiag/check/conversation_findings.h"

#include <algorithm>

#include "libdiag/check/capture_findings.h"
#include "libdiag/check/connect_findings.h"
#include "libdiag/check/ending_findings.h"
#include "libdiag/check/exchange_findings.h"
#include "libdiag/check/junk_findings.h"
#include "libdiag/check/path_findings.h"
#include "libdiag/check/rpc_findings.h"

namespace diag::check {

std::vector<Finding> check_conversation(const ConversationEvidence& evidence) {
    std::vector<Finding> findings;
    look(connect_rows(), evidence, findings);
    look(rpc_rows(), evidence, findings);
    look(ending_rows(), evidence, findings);
    check_exchanges(evidence.conversation, findings);
    look(junk_rows(), evidence, findings);
    look(capture_rows(), evidence, findings);
    if (!evidence.conversation.live) look(path_rows(), evidence, findings);
    std::stable_sort(findings.begin(), findings.end(),
                     [](const Finding& a, const Finding& b) { return a.rule->severity > b.rule->severity; });
    return findings;
}

std::vector<Finding> check_conversation(const dissect::Conversation& conversation, Outcome outcome) {
    return check_conversation(conversation_evidence(conversation, outcome));
}

}  // namespace diag::check
