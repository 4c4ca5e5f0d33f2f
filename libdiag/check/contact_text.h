#pragma once

#include <string>

#include "libdiag/correlate/correlation.h"

// What findings and reports say of one contact of a correlation.

namespace diag::check {

/// "2026-11-23T20:09:15Z".
std::string time_text(Timestamp time);

/// "Windows"; the id where the catalogue does not have it.
std::string application_text(const Uuid& application_id);

/// "packet 4", of several captures "packet 4 of a.pcap".
std::string place_of(const correlate::Contact& contact, const correlate::Correlation& correlation);

/// What became of it, in a few words: "192.0.2.10:1688: granted, count 50 of 25", "no host found: dns_no_record".
std::string result_text(const correlate::Contact& contact, const correlate::Correlation& correlation);

}  // namespace diag::check
