#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libdiag/check/row.h"
#include "libdiag/session/connect_evidence.h"
#include "libdiag/session/name_evidence.h"

namespace diag::check {

/// A bind of one size and what became of it.
struct SizeAttempt {
    std::size_t bind_size = 0;    ///< bytes of the PDU
    std::size_t packet_size = 0;  ///< bytes of the IP packet that carries it, or its first part
    bool passed = false;          ///< it was answered
};

/// What attempts to use one address of a target showed.
struct AddressEvidence {
    Endpoint endpoint;
    Endpoint local;  ///< of the last attempt, as far as it got
    std::size_t attempt_count = 0;
    std::size_t failed_count = 0;
    std::vector<Finding> findings;                      ///< of the last attempt that failed, or of the last if none did
    std::optional<session::ConnectEnd> mapper_connect;  ///< TCP 135, when it was tried
    bool mapper_bound = false;                          ///< the endpoint mapper answered a bind there
    std::vector<SizeAttempt> sizes;                     ///< ascending; of a host that answers
};

/// One of the addresses of a target.
struct TargetAddress {
    const std::string& target;
    const AddressEvidence& address;
    const std::vector<AddressEvidence>& all;

    bool works() const { return address.failed_count < address.attempt_count; }
    /// Whether it fails while another one works.
    bool is_replaced() const;
};

std::span<const Row<TargetAddress>> address_rows();

/// A host, or an address of it, that failed before another one answered.
struct Skipped {
    const std::string& target;
    std::optional<Endpoint> address;  ///< nothing: the whole host failed
    const std::vector<Finding>& failures;
};

std::span<const Row<Skipped>> skipped_rows();

/// What is to be said of a target with all its addresses: a name that leads nowhere, addresses that fail while others work,
/// attempts that fail now and then, large packets that are lost. What fails on the network gets a remedy that names source,
/// destination and port. Most important first.
std::vector<Finding> check_target(const std::string& target, const std::optional<session::NameEvidence>& name,
                                  const std::vector<AddressEvidence>& addresses);

/// A host that failed with these findings, before another one of the same domain answered.
Finding skipped_host(const std::string& target, const std::vector<Finding>& failures);

/// An address of a target that failed with these findings, while another one of it works.
Finding dead_address(const std::string& target, const Endpoint& address, const std::vector<Finding>& failures);

/// Whether an attempt with these findings has failed: one of them is critical.
bool is_failure(const std::vector<Finding>& findings);

}  // namespace diag::check
