#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace diag::explain {

/// A text that people read in their language: a msgid of po/.
struct Message {
    std::string_view text;
    std::string where;  ///< "KMS-CONNECT-REFUSED cause 1", for translators
};

/// All texts of rules, error codes and events, what stands around them, and reasons that findings quote: each once, in a
/// fixed order.
std::vector<Message> all_messages();

/// po/kms-diag.pot: the messages as a template for msgmerge.
std::string message_template();

}  // namespace diag::explain
