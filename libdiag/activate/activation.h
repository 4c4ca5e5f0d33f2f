#pragma once

#include <memory>

#include "libdiag/check/live_conversation.h"
#include "libdiag/discover/discovery.h"
#include "libdiag/probe/target_report.h"

namespace diag::activate {

struct ActivationSettings {
    std::optional<probe::Target> host;         ///< given: DNS is not asked for the service, as after slmgr /skms
    discover::DiscoverySettings discovery;     ///< its servers are asked for the names of hosts as well
    std::chrono::milliseconds timeout{5'000};  ///< of each stage
    bool v4 = true;
    bool v6 = true;
    kms::BaseRequest request;
    kms::KeyProfile profile = kms::lab_profile();
    const std::atomic<bool>* stop = nullptr;
};

/// One address of a host that was tried.
struct AddressTry {
    probe::Attempt attempt;
    std::shared_ptr<const check::LiveConversation> live;  ///< never null
};

/// One host that was tried.
struct HostTry {
    probe::Target target;
    std::optional<discover::Host> origin = {};  ///< the record that names it; none of a host that was given
    std::optional<session::NameEvidence> name;
    std::vector<AddressTry> addresses;  ///< until one could be connected to
    std::vector<check::Finding> findings;
};

/// The answer that a client would work with.
struct Answer {
    Endpoint host;
    kms::BaseResponse response;
    bool is_enough = false;  ///< the count is what the product needs
};

struct Activation {
    kms::BaseRequest request;
    bool given = false;  ///< the host; then DNS was not asked for the service
    discover::Discovery discovery;
    std::vector<HostTry> hosts;    ///< in the order in which they were tried, the last decided
    std::optional<Answer> answer;  ///< of the last, when it passed the checks of a client
    bool keys_refused = false;     ///< a host answered that it cannot read a request under the lab keys
    std::vector<check::Finding> findings;
    std::optional<std::string> problem;  ///< this machine could not do it: one line for people
};

/// Goes through the hosts as a client does: the next one while a host cannot be reached or refuses. One request at most to each.
Activation activate(const ActivationSettings& settings);

}  // namespace diag::activate
