#include "libdiag/session/rpc_evidence.h"

namespace diag::session {

std::string_view name_of(StepEnd end) {
    switch (end) {
        case StepEnd::pending: return "pending";
        case StepEnd::answered: return "answered";
        case StepEnd::no_context: return "no_context";
        case StepEnd::bind_nak: return "bind_nak";
        case StepEnd::fault: return "fault";
        case StepEnd::shutdown: return "shutdown";
        case StepEnd::not_rpc: return "not_rpc";
        case StepEnd::malformed: return "malformed";
        case StepEnd::unexpected: return "unexpected";
        case StepEnd::closed: return "closed";
        case StepEnd::reset: return "reset";
        case StepEnd::timed_out: return "timed_out";
    }
    return {};
}

}  // namespace diag::session
