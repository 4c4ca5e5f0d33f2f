#include "libdiag/redact/log_pseudonyms.h"

#include <algorithm>

namespace diag::redact {
namespace {

// What starts the service's rules (8198, 8233). Other words may be anything that an administrator wrote.
constexpr std::string_view known_triggers[] = {"NetworkAvailable", "TimerEvent", "UserLogon"};

class Redactor {
public:
    explicit Redactor(const Pseudonyms& pseudonyms) : pseudonyms_{pseudonyms} {}

    void operator()(windows::RequestSent& sent) const {
        sent.host = pseudonyms_.host(sent.host);
        id(sent.request.client_machine_id);
    }
    void operator()(windows::ResponseProcessed&) const {}
    void operator()(windows::RequestProcessed& processed) const {
        processed.machine_name = pseudonyms_.host(processed.machine_name);
        id(processed.request.client_machine_id);
    }
    void operator()(windows::ActivationFailed& failed) const {
        if (std::ranges::find(known_triggers, failed.trigger) == std::end(known_triggers)) failed.trigger.clear();
    }
    void operator()(windows::Publication& publication) const {
        publication.domain = pseudonyms_.host(publication.domain);
        publication.computer = pseudonyms_.host(publication.computer);
    }

private:
    void id(Uuid& machine_id) const { machine_id = pseudonyms_.machine_id(machine_id); }

    const Pseudonyms& pseudonyms_;
};

}  // namespace

windows::KmsLog redacted(windows::KmsLog log, const Pseudonyms& pseudonyms) {
    for (windows::KmsEvent& event : log.events) {
        event.computer = pseudonyms.host(event.computer);
        std::visit(Redactor{pseudonyms}, event.body);
    }
    return log;
}

}  // namespace diag::redact
