#pragma once

#include "libdiag/report/subject.h"

namespace diag::report {

/// The output of a monitoring plugin (Monitoring Plugins Development Guidelines, "Plugin Output for Nagios" and "Performance
/// data", https://www.monitoring-plugins.org/doc/guidelines.html):
///
///     KMS PROBE CRITICAL - kms.example.com:1688 is not listening | connect=1.2ms;100;500
///     CRITICAL KMS-CONNECT-REFUSED: kms.example.com:1688 refuses connections
///       the Windows client shows 0xC004F074 (its event 12288: 0x800706BA)
///       effect: CRITICAL KMS-EVENT-HOST-UNREACHABLE: clients could not connect to kms.example.com:1688
///       remedy: ...
///
/// A finding that follows from another one stands below it, with its title alone (check/consequences.h); the first line then
/// names the cause. With several subjects the first line counts them and names the worst, a line for each follows, and labels of performance
/// data are NAME::LABEL, as check_multi makes them. The status word is that of the exit status: findings below `fail_on`
/// leave it at OK. Whatever texts hold, the bar and the line ends are ours.
void append_nagios(std::string& out, std::string_view service, std::span<const Subject> subjects,
                   std::optional<check::Severity> fail_on);

/// The line of a tool that could not do its work (status 3): "KMS PROBE UNKNOWN - PROBLEM".
void append_nagios_unknown(std::string& out, std::string_view service, std::string_view problem);

}  // namespace diag::report
