#pragma once

#include <memory>

#include "libdiag/activate/discovery.h"
#include "libdiag/check/live_conversation.h"
#include "libdiag/probe/target_report.h"

namespace diag::activate {

struct ActivationSettings {
    DiscoverySettings discovery;
    std::chrono::milliseconds timeout{5'000};  ///< of each stage
    bool v4 = true;
    bool v6 = true;
    kms::BaseRequest request;
    kms::KeyProfile profile = kms::lab_profile();
    std::size_t max_host_count = 16;  ///< of those that DNS names
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
    Discovery discovery;
    std::vector<HostTry> hosts;    ///< in the order in which they were tried, the last decided
    std::optional<Answer> answer;  ///< of the last, when it passed the checks of a client
    bool keys_refused = false;     ///< a host answered that it cannot read a request under the lab keys
    std::vector<check::Finding> findings;
    std::optional<std::string> problem;  ///< this machine could not do it: one line for people
};

/// Goes through the hosts as a client does: the next one while a host cannot be reached or refuses. One request at most to each.
Activation activate(const ActivationSettings& settings);

}  // namespace diag::activate
