#pragma once

#include <span>
#include <vector>

#include "libdiag/check/finding.h"
#include "libdiag/check/row.h"
#include "libdiag/check/usual_clock.h"
#include "libdiag/correlate/client_view.h"
#include "libdiag/correlate/host_view.h"

namespace diag::check {

/// One client, over all captures.
struct ClientRecord {
    const correlate::ClientHistory& history;
    const correlate::ClientView& view;
    const correlate::Correlation& correlation;
    std::span<const UsualClock> usual_clocks;
};

/// One host, over all captures.
struct HostRecord {
    const correlate::HostHistory& history;
    const correlate::HostView& view;
    const correlate::Correlation& correlation;
};

/// The readable requests for one application under one machine name, by time.
struct NameRecord {
    const correlate::Correlation& correlation;
    std::span<const correlate::Contact* const> contacts;
};

/// The readable requests from one address, by time.
struct AddressRecord {
    const correlate::Correlation& correlation;
    std::span<const correlate::Contact* const> contacts;
};

std::span<const Row<ClientRecord>> client_record_rows();
std::span<const Row<HostRecord>> host_record_rows();
std::span<const Row<NameRecord>> name_record_rows();
std::span<const Row<AddressRecord>> address_record_rows();

/// What the contacts of one client show together, most important first. Nothing that a single conversation shows.
std::vector<Finding> check_client(const correlate::ClientHistory& history, const correlate::ClientView& view,
                                  const correlate::Correlation& correlation, std::span<const UsualClock> usual_clocks);

/// The same of one host.
std::vector<Finding> check_host(const correlate::HostHistory& history, const correlate::HostView& view,
                                const correlate::Correlation& correlation);

/// Findings about workstation names and addresses, which belong to several clients; at most `max_of_rule` of each rule.
inline constexpr std::size_t max_of_rule = 256;
std::vector<Finding> check_names(const correlate::Correlation& correlation);
std::vector<Finding> check_addresses(const correlate::Correlation& correlation);

}  // namespace diag::check
