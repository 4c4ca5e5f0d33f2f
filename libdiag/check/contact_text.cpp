#include "libdiag/check/contact_text.h"

#include <fmt/format.h>

#include "libdiag/base/hex.h"
#include "libdiag/lang/message.h"
#include "libdiag/proto/kms/catalogue.h"

namespace diag::check {
namespace {

using correlate::Contact;
using correlate::Correlation;
using correlate::Result;
using lang::say;
using lang::tr;

// Wherever the host is.
std::string result_alone(const Contact& c, const Correlation& correlation) {
    switch (c.result) {
        case Result::granted: return say("granted, count {} of {}", c.count, c.needed);
        case Result::count_low: return say("count too low: {} of {}", c.count, c.needed);
        case Result::accepted: return std::string{tr("answered, contents not readable")};
        case Result::refused: return say("refused {}", format_code(c.code));
        case Result::rejected: return std::string{tr("answered, client rejects the answer")};
        case Result::fault: return say("RPC fault {}", format_code(c.code));
        case Result::not_found: return say("no host found: {}", correlation.text(c.outcome));
        case Result::unknown: return std::string{tr("answer not in the capture")};
        default: return std::string{correlation.text(c.outcome)};
    }
}

}  // namespace

std::string time_text(Timestamp time) { return format_rfc3339(time, 0); }

std::string application_text(const Uuid& application_id) {
    const auto* application = kms::find_application(application_id);
    return application != nullptr ? std::string{application->name} : to_string(application_id);
}

std::string place_of(const Contact& contact, const Correlation& correlation) {
    if (!correlation.has_several_files()) return say("packet {}", contact.packet);
    return say("packet {} of {}", contact.packet, correlation.file_of(contact));
}

std::string result_text(const Contact& contact, const Correlation& correlation) {
    std::string result = result_alone(contact, correlation);
    if (contact.host.port == 0) return result;
    return fmt::format("{}: {}", to_string(contact.host), result);
}

}  // namespace diag::check
