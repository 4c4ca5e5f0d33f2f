#include "libdiag/session/fault_injector.h"

namespace diag::session {

FaultPlan::FaultPlan(std::vector<Fault> faults) : faults_{std::move(faults)}, codec_{kms::lab_profile()} {}

void FaultPlan::apply(Stage stage, std::uint64_t nth, const Reply* reply, Outgoing& out) {
    for (const Fault& fault : faults_)
        if (fault.stage == stage && fault.nth.value_or(nth) == nth) apply_fault(fault, reply, codec_, out);
}

Actions FaultInjector::on_accept() {
    Outgoing out;
    plan_.apply(Stage::accept, connection_, nullptr, out);
    Actions actions;
    send(std::move(out), actions);
    return actions;
}

Actions FaultInjector::on_replies(std::vector<Reply> replies) {
    Actions actions;
    for (Reply& reply : replies) {
        if (ended_) break;
        Outgoing out{.pdus = std::move(reply.pdus), .end = reply.close ? Outgoing::End::close : Outgoing::End::open};
        if (reply.to == Reply::To::bind) plan_.apply(Stage::bind, connection_, &reply, out);
        if (reply.to == Reply::To::call) {
            const std::uint64_t request = plan_.next_request();
            plan_.apply(Stage::request, request, &reply, out);
            if (!out.pdus.empty()) plan_.apply(Stage::response, request, &reply, out);
        }
        send(std::move(out), actions);
    }
    return actions;
}

void FaultInjector::send(Outgoing&& out, Actions& actions) {
    if (out.delay.count() > 0) actions.push_back(Action::make_wait(out.delay));
    for (ByteVector& bytes : out.pdus) {
        if (bytes.empty()) continue;  // garbage of no size
        if (!out.drip) {
            actions.push_back(Action::make_send(std::move(bytes)));
            continue;
        }
        for (const std::uint8_t byte : bytes) {
            actions.push_back(Action::make_send({byte}));
            if (out.drip->count() > 0) actions.push_back(Action::make_wait(*out.drip));
        }
    }
    ended_ = out.end != Outgoing::End::open;
    if (out.end == Outgoing::End::close) actions.push_back(Action::make_close());
    if (out.end == Outgoing::End::reset) actions.push_back(Action::make_reset());
}

}  // namespace diag::session
