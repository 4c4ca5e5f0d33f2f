#pragma once

#include "libdiag/report/subject.h"

namespace diag::report {

/// A JUnit document as CI systems read it: one test case a subject. There is no standard; elements and attributes are those
/// of the Jenkins schema (jenkins-junit.xsd), with <properties> in test cases as pytest writes them.
///
/// A subject with a finding from `fail_on` on has one <failure>: its type is the id of the cause of the worst such finding, its
/// text has all such causes, since readers show only the first failure of a case, and names what follows from each. All other
/// findings and the verdict are in <system-out>.
/// Metrics are properties named LABEL_UNIT. Times are seconds.
void append_junit(std::string& out, std::string_view suite, std::span<const Subject> subjects,
                  std::optional<check::Severity> fail_on);

}  // namespace diag::report
