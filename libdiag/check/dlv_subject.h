#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libdiag/check/dlv_findings.h"
#include "libdiag/check/row.h"
#include "libdiag/proto/kms/catalogue.h"

// The rows of dlv_findings, by what they look at.

namespace diag::check {

/// One product of a saved output, and what many rows ask of it.
class DlvSubject {
public:
    DlvSubject(const slmgr::Dlv& dlv_in, std::string_view target_in, DlvRole role_in);

    /// A finding to which evidence is added: add(out, rule, title).evidence.push_back(...). Valid until the next call.
    Finding& add(std::vector<Finding>& out, const Rule& rule, std::string title) const;

    bool is_licensed() const { return dlv.license_status.is(slmgr::LicenseStatus::licensed); }
    /// Known, and something else than licensed.
    bool is_not_licensed() const { return dlv.license_status && !is_licensed(); }

    const slmgr::Dlv& dlv;
    const DlvRole role;
    const kms::Product* const product;  ///< of the catalogue; nullptr for none
    const std::string name;             ///< for titles: as printed, as in the catalogue, or "the product"
    const bool has_client_key;          ///< of the channel of KMS clients
    const bool has_host_key;            ///< of that of KMS hosts
    const bool is_host;                 ///< shown as a KMS host, and not meant as a client only

private:
    std::string target_;
};

/// Whom findings about this product are about: the client, and the host that it names.
Subject subject_of(const slmgr::Dlv& dlv);

/// How the program ended.
std::span<const Row<DlvSubject>> dlv_end_rows();
/// The product as a client; of one that is in use.
std::span<const Row<DlvSubject>> dlv_client_rows();
/// The product as a host; likewise.
std::span<const Row<DlvSubject>> dlv_host_rows();
/// The lines of which nothing is known.
std::span<const Row<DlvSubject>> dlv_line_rows();

/// A whole saved output.
struct SavedProducts {
    std::string_view target;
    bool has_product;  ///< one in use, with a product key
};
std::span<const Row<SavedProducts>> saved_products_rows();

/// "253440 minutes (176 days)"
std::string minutes_text(std::int64_t minutes);
/// "description: Windows Operating System - Windows(R), VOLUME_KMSCLIENT channel"
std::string description_text(const slmgr::Dlv& dlv);

}  // namespace diag::check
