#pragma once

#include "libdiag/decode/correlation_report.h"

namespace diag::decode {

/// How DNS led a contact to its host; empty where the captures do not show it.
struct ContactPath {
    std::string_view query, target;
};
ContactPath path_of(const correlate::Contact& contact, const correlate::Correlation& correlation);

/// Append a readable block each: a client with its attempts in order, a host with its count over time, and what concerns
/// several clients.
void append_text(std::string& out, const ClientReport& report, const correlate::Correlation& correlation,
                 const report::Style& style, bool verbose);
void append_text(std::string& out, const HostReport& report, const correlate::Correlation& correlation,
                 const report::Style& style, bool verbose);
void append_text(std::string& out, std::span<const check::Finding> findings, const correlate::Correlation& correlation,
                 const report::Style& style, bool verbose);

}  // namespace diag::decode
