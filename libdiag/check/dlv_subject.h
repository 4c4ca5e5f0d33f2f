#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libdiag/check/dlv_findings.h"
#include "libdiag/proto/kms/catalogue.h"

/// What the parts of dlv_findings share. Not for other code.
namespace diag::check {

/// One product of a saved output while it is judged.
class DlvSubject {
public:
    DlvSubject(const slmgr::Dlv& dlv_in, std::string_view target, DlvRole role_in);

    /// A finding to which evidence is added: add(rule, title).evidence.push_back(...). Valid until the next call.
    Finding& add(const Rule& rule, std::string title);
    std::vector<Finding> take() { return std::move(findings_); }

    bool is_licensed() const { return dlv.license_status.is(slmgr::LicenseStatus::licensed); }
    /// Known, and something else than licensed.
    bool is_not_licensed() const { return dlv.license_status && !is_licensed(); }

    const slmgr::Dlv& dlv;
    const DlvRole role;
    const kms::Product* const product;  ///< of the catalogue; nullptr for none
    const std::string name;             ///< for titles: as printed, as in the catalogue, or "the product"

private:
    std::string target_;
    std::vector<Finding> findings_;
};

/// Whom findings about this product are about: the client, and the host that it names.
Subject subject_of(const slmgr::Dlv& dlv);

void check_dlv_client(DlvSubject& subject);
void check_dlv_host(DlvSubject& subject);

/// "253440 minutes (176 days)"
std::string minutes_text(std::int64_t minutes);

}  // namespace diag::check
