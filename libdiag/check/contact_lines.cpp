#include "libdiag/check/contact_lines.h"

#include <fmt/format.h>

#include "libdiag/check/contact_text.h"
#include "libdiag/lang/message.h"

namespace diag::check {

void ContactLines::saw(const correlate::Contact& contact, std::string_view what) {
    if (count_++ >= max_count) return;
    if (!correlation_.has_several_files()) finding_.packets.push_back(contact.packet);
    finding_.evidence.push_back(
        fmt::format("{}, {}: {}", place_of(contact, correlation_), time_text(contact.time), what));
}

void ContactLines::end() {
    if (count_ > max_count) finding_.evidence.push_back(lang::say("and {} more", count_ - max_count));
}

}  // namespace diag::check
