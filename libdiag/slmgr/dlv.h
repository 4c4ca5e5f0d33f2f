#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libdiag/base/uuid.h"
#include "libdiag/slmgr/fact.h"

namespace diag::slmgr {

/// LicenseStatus of a product, by the numbers of WMI.
enum class LicenseStatus : std::uint8_t {
    unlicensed = 0,
    licensed = 1,
    initial_grace = 2,
    additional_grace = 3,  ///< KMS licence expired, or hardware out of tolerance
    non_genuine_grace = 4,
    notification = 5,
    extended_grace = 6,
    unknown = 7,
};

/// What slmgr /act-type allows, by its numbers.
enum class ActivationType : std::uint8_t { all = 0, ad = 1, kms = 2, token = 3 };

enum class Priority : std::uint8_t { normal, low };

/// Which KMS host the client uses, and how it came to it.
struct KmsMachine {
    enum class Source : std::uint8_t {
        registered,   ///< set by hand or policy (slmgr /skms)
        dns,          ///< found through the SRV record
        unavailable,  ///< the last auto-discovery did not succeed; without a name
    };
    Source source = Source::unavailable;
    std::string host;
    std::uint16_t port = 0;

    friend bool operator==(const KmsMachine&, const KmsMachine&) = default;
};

/// Which program printed what is known of a product.
enum class SavedKind : std::uint8_t {
    dlv,      ///< slmgr /dlv
    dli,      ///< slmgr /dli: less of the same
    ato,      ///< slmgr /ato, or ospp.vbs /act
    xpr,      ///< slmgr /xpr
    dstatus,  ///< ospp.vbs /dstatus
    objects,  ///< objects of PowerShell as JSON: CIM classes, module OSLicense
};

/// How an attempt to activate ended where no code was printed.
enum class AttemptEnd : std::uint8_t { activated, failed, non_genuine };

/// What slmgr /dlv shows of one product, or another program that prints less or more of the same (`kind`). dlv_lines.h has
/// the lines of /dlv in their order; nothing here is judged.
struct Dlv {
    SavedKind kind = SavedKind::dlv;

    // The head, the same on clients and hosts.
    Fact<std::string> service_version;
    Fact<std::string> name;
    Fact<std::string> description;  ///< ends with the channel: "..., VOLUME_KMSCLIENT channel"
    Fact<Uuid> activation_id;
    Fact<Uuid> application_id;
    Fact<std::string> extended_pid;
    Fact<std::string> product_key_channel;  ///< "Volume:GVLK"
    Fact<std::string> installation_id;
    Fact<std::string> processor_url;  ///< the URLs stand on products that activate online: hosts, MAK, retail
    Fact<std::string> machine_url;
    Fact<std::string> use_license_url;
    Fact<std::string> product_key_url;
    Fact<std::string> validation_url;
    Fact<std::string> partial_key;  ///< last five characters
    Fact<bool> not_in_use;          ///< no product key is installed for this product
    Fact<LicenseStatus> license_status;
    Fact<std::int64_t> volume_expiration_minutes;
    Fact<std::int64_t> timebased_expiration_minutes;
    Fact<std::int64_t> vm_expiration_minutes;  ///< automatic virtual machine activation
    Fact<std::int64_t> remaining_minutes;      ///< of a grace period
    Fact<std::uint32_t> notification_reason;
    Fact<std::string> evaluation_end;  ///< in the date format of that machine
    Fact<std::int64_t> windows_rearm_count;
    Fact<std::int64_t> app_rearm_count;
    Fact<std::int64_t> sku_rearm_count;
    Fact<std::string> trusted_time;  ///< in the date format of that machine

    // A client of volume activation.
    Fact<ActivationType> activation_type;
    Fact<bool> refresh_hint;  ///< not licensed: a sentence asks for slmgr /ato, and no client block follows

    // Activated by KMS.
    Fact<Uuid> client_machine_id;
    Fact<std::string> lookup_domain;
    Fact<KmsMachine> kms_machine;
    Fact<KmsMachine> cached_machine;  ///< found in DNS, where it is shown beside one that was set by hand; not by slmgr
    Fact<std::string> kms_ip;         ///< an address, or "not available"
    Fact<std::string> host_extended_pid;
    Fact<std::int64_t> activation_interval_minutes;
    Fact<std::int64_t> renewal_interval_minutes;
    Fact<bool> host_caching;
    Fact<std::string> overriding_host;  ///< warning: /skms is set, so /skms-domain has no effect

    // Activated by an activation object of Active Directory.
    Fact<std::string> ad_object_name;
    Fact<std::string> ad_object_dn;
    Fact<std::string> ad_extended_pid;
    Fact<Uuid> ad_activation_id;

    // Activated by a token.
    Fact<std::string> token_license_id;
    Fact<std::string> token_version_id;
    Fact<std::string> token_grant_number;
    Fact<std::string> token_thumbprint;

    // Activated as a virtual machine by its hypervisor.
    Fact<std::string> guest_iaid;
    Fact<std::string> vm_host_name;
    Fact<std::string> vm_activation_time;
    Fact<std::string> vm_host_pid;

    // A KMS host. Counts are -1 before the first request.
    Fact<bool> host_enabled;
    Fact<std::int64_t> current_count;
    Fact<std::int64_t> listening_port;
    Fact<bool> dns_publishing;
    Fact<Priority> priority;
    Fact<std::int64_t> total_requests;
    Fact<std::int64_t> failed_requests;
    Fact<std::int64_t> unlicensed_requests;
    Fact<std::int64_t> licensed_requests;
    Fact<std::int64_t> initial_grace_requests;
    Fact<std::int64_t> expired_requests;
    Fact<std::int64_t> non_genuine_requests;
    Fact<std::int64_t> notification_requests;

    // What /ato and /xpr say.
    Fact<AttemptEnd> attempt;   ///< absent where a code says how it ended, or nothing does
    Fact<std::string> expires;  ///< when the activation or the grace period ends, in the date format of that machine

    // What else a saved output holds.
    Fact<bool> product_not_found;            ///< "Error: product not found.", or its product key
    std::vector<std::uint32_t> error_codes;  ///< of lines "Error: 0x..."
    std::size_t unknown_line_count = 0;      ///< lines that no description fits

    friend bool operator==(const Dlv&, const Dlv&) = default;
};

/// Whether the description names the channel of KMS clients: only then does the product ask a KMS host.
bool has_client_channel(const Dlv& dlv);

/// Whether the description names a channel of KMS host keys ("VOLUME_KMS", "VOLUME_KMS_2012-R2_WIN10").
bool has_host_channel(const Dlv& dlv);

/// "dlv", "dli", "ato", "xpr", "dstatus", "objects".
std::string_view name_of(SavedKind kind);

/// A KMS host: by its channel, or by the block that says so.
bool is_kms_host(const Dlv& dlv);

}  // namespace diag::slmgr
