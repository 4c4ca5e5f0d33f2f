#include "libdiag/report/subject.h"

#include <fmt/format.h>

#include <algorithm>

namespace diag::report {

std::optional<check::Severity> alarm_of(const Subject& subject, std::optional<check::Severity> fail_on) {
    return check::alarm_of(check::worst(subject.findings), fail_on);
}

std::optional<check::Severity> alarm_of(std::span<const Subject> subjects, std::optional<check::Severity> fail_on) {
    std::optional<check::Severity> highest;  // none is less than any
    for (const Subject& subject : subjects) highest = std::max(highest, alarm_of(subject, fail_on));
    return highest;
}

std::string format_decimal(double value) {
    std::string text = fmt::format("{:.6f}", value);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text == "-0" ? "0" : text;
}

}  // namespace diag::report
