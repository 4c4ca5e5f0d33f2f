#pragma once

#include <string_view>

#include "libdiag/slmgr/dlv.h"

namespace diag::slmgr {

/// Reads what slmgr /ato and /xpr print of one product. Product names are English on every display language, an activation id
/// and the codes are what they are; the sentences around them are read by their form, those of /xpr by a few words.
class AttemptReader {
public:
    /// Whether a tidied line begins the output for a product: "Activating NAME (GUID) ...", or "NAME:" of /xpr.
    static bool begins(std::string_view text);

    /// The line for which begins() holds.
    void begin(std::string_view text, Dlv& dlv);

    /// True if the tidied line belongs to what was begun.
    bool read(std::string_view text, Dlv& dlv);

private:
    enum class Awaited { nothing, rest_of_sentence, end_of_attempt, state };
    bool read_end(std::string_view text, Dlv& dlv);
    bool read_state(std::string_view text, Dlv& dlv);

    Awaited awaited_ = Awaited::nothing;
};

/// A failure code anywhere in a line, behind "0x"; 0 for none.
std::uint32_t failure_code_in(std::string_view text);

}  // namespace diag::slmgr
