#pragma once

#include <string>

#include "libdiag/wire/field.h"
#include "libdiag/wire/node.h"

namespace diag::kms {

inline constexpr std::size_t base_request_size = 236;  ///< bytes

/// What a client asks: the same fields in every protocol version (protocol.md 5.2).
struct BaseRequest {
    MinorMajor version;                 ///< in versions 5 and 6 this copy is encrypted
    std::uint32_t virtual_machine = 0;  ///< 0 or 1
    std::uint32_t license_status = 0;
    std::uint32_t binding_expiration_minutes = 0;  ///< left in that status; 0: none, or unlimited
    Uuid application_id;                           ///< Windows or a generation of Office: what the host counts by
    Uuid activation_id;                            ///< the exact edition
    Uuid kms_id;                                   ///< the counted id: a group of products
    Uuid client_machine_id;
    std::uint32_t required_client_count = 0;
    Filetime client_time_filetime;
    Uuid previous_client_machine_id;     ///< mostly nil
    FixedBytes<128> workstation_name{};  ///< UTF-16LE, 63 characters and a NUL; what follows the NUL is undefined

    /// The workstation name as UTF-8. Text of a peer: escape it before it reaches a terminal.
    std::string workstation_text() const;

    /// Sets the name from UTF-8, zero filled. False, and nothing changed, when it is longer than 63 UTF-16 units.
    [[nodiscard]] bool set_workstation_text(std::string_view name);

    friend bool operator==(const BaseRequest&, const BaseRequest&) = default;
};

inline constexpr Name license_status_names[] = {
    {0, "unlicensed"},        {1, "licensed"},     {2, "initial grace"},  {3, "out-of-tolerance grace"},
    {4, "non-genuine grace"}, {5, "notification"}, {6, "extended grace"},
};

inline constexpr Field<BaseRequest> base_request_fields[] = {
    {"version", "Version", &BaseRequest::version},
    {"virtual_machine", "Virtual machine", &BaseRequest::virtual_machine, Show::boolean},
    {"license_status", "License status", &BaseRequest::license_status, Show::decimal, license_status_names},
    {"binding_expiration_minutes", "Binding expiration (minutes)", &BaseRequest::binding_expiration_minutes},
    {"application_id", "Application id", &BaseRequest::application_id},
    {"activation_id", "Activation id", &BaseRequest::activation_id},
    {"kms_id", "KMS counted id", &BaseRequest::kms_id},
    {"client_machine_id", "Client machine id", &BaseRequest::client_machine_id},
    {"required_client_count", "Required client count", &BaseRequest::required_client_count},
    {"client_time_filetime", "Client time", &BaseRequest::client_time_filetime},
    {"previous_client_machine_id", "Previous client machine id", &BaseRequest::previous_client_machine_id},
    {"workstation_name", "Workstation name", &BaseRequest::workstation_name, Show::text},
};
static_assert(size_of<BaseRequest>(base_request_fields) == base_request_size);

/// Reads 236 bytes; the only error is truncated.
Decoded<BaseRequest> decode_base_request(Reader& r);

void encode_base_request(Writer& w, const BaseRequest& request);

/// Adds the fields with the names that the catalogue has for the ids. `offset`: of the first, in the buffer of the root.
void describe_base_request(const BaseRequest& request, std::size_t offset, Node& parent);

}  // namespace diag::kms
