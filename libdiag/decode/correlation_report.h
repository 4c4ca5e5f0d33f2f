#pragma once

#include <functional>
#include <span>

#include "libdiag/correlate/client_view.h"
#include "libdiag/correlate/host_view.h"
#include "libdiag/decode/decoder.h"

namespace diag::decode {

/// A client, a host, or the run as a whole, ready to be written.
struct ClientReport {
    const correlate::ClientHistory& history;
    const correlate::ClientView& view;
    const std::vector<check::Finding>& findings;
};
struct HostReport {
    const correlate::HostHistory& history;
    const correlate::HostView& view;
    const std::vector<check::Finding>& findings;
};

/// Judges the clients and hosts of a run, and tells those that have findings; all of them with Settings::clients. What the
/// selection leaves out is not told. `note` gets the findings of what is told; `write` the text or NDJSON.
void report_correlation(const correlate::Correlation& correlation, const Settings& settings, const report::Style& style,
                        const std::function<void(std::span<const check::Finding>)>& note,
                        const std::function<void(std::string_view)>& write);

}  // namespace diag::decode
