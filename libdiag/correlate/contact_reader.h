#pragma once

#include <optional>
#include <string>

#include "libdiag/correlate/correlation.h"

namespace diag::correlate {

/// A contact before its texts have numbers.
struct ReadContact {
    Contact facts;
    std::optional<Uuid> machine_id;
    std::string workstation_name, product, epid, hwid, previous_id, path;
    std::string_view outcome;  ///< a literal

    ClientKey key() const { return machine_id ? ClientKey::of(*machine_id) : ClientKey::of(facts.client); }
};

/// `exchange`: null for a conversation that never got as far as a request.
ReadContact read_contact(const dissect::Conversation& conversation, const dissect::Exchange* exchange,
                         const Ending& ending);
ReadContact read_contact(const dissect::DnsSearch& search, std::string_view outcome);

}  // namespace diag::correlate
