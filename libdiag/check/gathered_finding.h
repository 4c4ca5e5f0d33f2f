#pragma once

#include <string>
#include <vector>

#include "libdiag/check/finding.h"
#include "libdiag/dissect/conversation.h"

// Many exchanges of a conversation, one finding.
namespace diag::check {

/// The finding of this rule and title among those of the conversation; begins it where there is none.
Finding& gathered(std::vector<Finding>& findings, const Rule& rule, const dissect::Conversation& conversation,
                  std::string title);

/// Adds a packet to that finding, and a line of evidence as long as there are not too many.
Finding& gather(std::vector<Finding>& findings, const Rule& rule, const dissect::Conversation& conversation,
                std::string title, std::string evidence, const dissect::Mark& mark);

}  // namespace diag::check
