#pragma once

#include <vector>

#include "libdiag/session/primary_dialog.h"

namespace diag::session {

/// One message of the test, and what came of it.
struct UpdateTestStep {
    enum class Kind : std::uint8_t {
        prerequisite,  ///< "this name is not in use", and nothing to do
        deletion,      ///< the same, and the deletion of a record of that name, which has none
        service,  ///< the same, and the deletion of an SRV record of a host that does not exist, from the real name
    };
    Kind kind = Kind::prerequisite;
    DnsOutcome outcome;
    std::chrono::nanoseconds duration{0};  ///< with what was tried in vain before the answer

    bool has_rcode(std::uint16_t rcode) const {
        return outcome.end == DnsExchangeEnd::answered && outcome.rcode == rcode;
    }
};
/// "prerequisite", "deletion", "service": for JSON.
std::string_view name_of(UpdateTestStep::Kind kind);

/// What is known of who may update a zone.
enum class UpdatePolicy : std::uint8_t {
    not_sent,      ///< no primary server was found
    open,          ///< an unsigned update of this machine would be done
    refused,       ///< it would not
    inconclusive,  ///< no answer, or one that says something else
};
std::string_view name_of(UpdatePolicy policy);

struct UpdateTestEvidence {
    dns::DomainName name;           ///< below which the test was made
    dns::DomainName unused;         ///< the name of which its messages speak
    dns::DomainName service;        ///< the owner of the KMS records of `name`, of which the last message speaks
    dns::DomainName zone, primary;  ///< from the SOA, as far as it came; else the root
    PrimarySearchEnd search = PrimarySearchEnd::pending;
    std::optional<DnsOutcome> search_outcome;  ///< of the last question to a resolver
    std::vector<UpdateTestStep> steps;

    UpdatePolicy policy() const;
};

/// The name "_kms-check-0123456789abcdef" below `name`; nullopt when that is too long.
std::optional<dns::DomainName> unused_name_below(const dns::DomainName& name, const RandomBytes& random);

/// Would the primary server of a zone take an unsigned update from this machine? Asks with three messages that change nothing,
/// whatever the server thinks of them:
///
/// 1. A prerequisite alone (RFC 2136 2.4.5: a random name is not in use) with an empty update section: there is nothing that
///    could be done. Who refuses that takes no updates, and nothing else is sent.
/// 2. When the answer is NOERROR: the same prerequisite, and the deletion of the record TXT "x" of that name. There is none, as
///    the prerequisite says again, and then a deletion is silently ignored (RFC 2136 2.5.4).
///
/// 3. When that is refused: the same prerequisite, and the deletion of an SRV record of `service`, the name of the KMS records
///    itself, whose target is a random name of .invalid (RFC 2606). Nobody has published that, so this is ignored likewise.
///
/// The second is needed, because servers that have their rules by name or type have none for a message that changes no name;
/// the third, because such a rule may be for the KMS record alone. But NOERROR to the third proves nothing of a server that
/// said REFUSED to the second: BIND judges the deletion of SRV records by those that there are, and over TCP says NOERROR
/// whatever its rules are. Knot, which says NOTAUTH, means it.
/// Measured, unsigned (tests/lab/update_policy_test.py holds them to it):
///
/// | server and rule of the zone                              | 1              | 2       | 3       |
/// |----------------------------------------------------------|----------------|---------|---------|
/// | BIND 9.18, allow-update any, or the asker's address      | NOERROR        | NOERROR |         |
/// | BIND 9.18, allow-update none, a key, or other addresses  | REFUSED        |         |         |
/// | BIND 9.18, update-policy, over UDP                       | REFUSED        |         |         |
/// | BIND 9.18, update-policy, over TCP                       | NOERROR        | REFUSED | NOERROR |
/// | Knot 3.2, acl without a condition                        | NOERROR        | NOERROR |         |
/// | Knot 3.2, no acl, a key, other addresses, deny           | NOTAUTH        |         |         |
/// | Knot 3.2, acl for the KMS record or for SRV records      | NOERROR        | NOTAUTH | NOERROR |
/// | Knot 3.2, acl for other names or types                   | NOERROR        | NOTAUTH | NOTAUTH |
///
/// So a rule that lets everybody change one other name, or records of another type, is not seen. In both servers the serial
/// and all records stay what they were.
class UpdateTest final : public PrimaryDialog {
public:
    /// `unused`: of unused_name_below(`name`).
    UpdateTest(PrimaryDialogSettings settings, const dns::DomainName& name, const dns::DomainName& unused,
               RandomBytes random);

    const UpdateTestEvidence& evidence() const { return evidence_; }

private:
    Attempt on_search_end(PrimarySearchEnd how, Now now) override;
    Attempt on_primary_outcome(Now now) override;
    Attempt send(UpdateTestStep::Kind kind, Now now);

    UpdateTestEvidence evidence_;
    TimePoint sent_at_;
};

}  // namespace diag::session
