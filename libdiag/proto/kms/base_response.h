#pragma once

#include <string>

#include "libdiag/wire/field.h"
#include "libdiag/wire/node.h"

namespace diag::kms {

inline constexpr std::size_t base_response_fixed_size = 44;  ///< bytes of all fields but the ePID
inline constexpr std::size_t max_epid_size = 128;            ///< bytes, with the NUL; clients have room for no more

/// What a host answers: the same fields in every protocol version (protocol.md 5.3).
struct BaseResponse {
    MinorMajor version;                             ///< in versions 5 and 6 this copy is encrypted
    std::uint32_t epid_size = 0;                    ///< bytes on the wire as the message says, with the NUL
    FixedBytes<max_epid_size> epid{};               ///< UTF-16LE as sent; of a longer one the front; zero filled
    Uuid client_machine_id;                         ///< echo of the request
    Filetime client_time_filetime;                  ///< echo of the request: not the host's clock
    std::uint32_t count = 0;                        ///< client machines that the host has seen for this application
    std::uint32_t activation_interval_minutes = 0;  ///< when a client that failed asks again
    std::uint32_t renewal_interval_minutes = 0;

    /// The bytes of the ePID that are kept.
    Bytes epid_bytes() const { return head(epid, epid_size); }

    /// The ePID up to its NUL as UTF-8. Text of a peer: escape it before it reaches a terminal.
    std::string epid_text() const;

    /// Sets ePID and size from UTF-8, with a NUL. False, and nothing changed, when it is longer than 63 UTF-16 units.
    [[nodiscard]] bool set_epid_text(std::string_view text);

    friend bool operator==(const BaseResponse&, const BaseResponse&) = default;
};

/// In front of the ePID. JSON has the ePID as text and needs no size.
inline constexpr Field<BaseResponse> base_response_head_fields[] = {
    {"version", "Version", &BaseResponse::version},
    {"epid_size", "ePID size (bytes)", &BaseResponse::epid_size, Show::decimal, {}, false},
};

/// Behind the ePID.
inline constexpr Field<BaseResponse> base_response_tail_fields[] = {
    {"client_machine_id", "Client machine id", &BaseResponse::client_machine_id},
    {"client_time_filetime", "Client time", &BaseResponse::client_time_filetime},
    {"count", "Count", &BaseResponse::count},
    {"activation_interval_minutes", "Activation interval (minutes)", &BaseResponse::activation_interval_minutes},
    {"renewal_interval_minutes", "Renewal interval (minutes)", &BaseResponse::renewal_interval_minutes},
};
static_assert(size_of<BaseResponse>(base_response_head_fields) + size_of<BaseResponse>(base_response_tail_fields) ==
              base_response_fixed_size);

/// Reads 44 + epid_size bytes. An ePID longer than max_epid_size is cut to it, and one of odd size read, as long as the
/// bytes are there: what a client thinks of it is a check (ResponseChecks::epid_length). The only error is truncated.
Decoded<BaseResponse> decode_base_response(Reader& r);

/// Writes 44 + epid_size bytes. limit: an ePID of more than max_epid_size bytes is not kept whole and cannot be written.
std::expected<void, WireError> encode_base_response(Writer& w, const BaseResponse& response);

/// Adds the fields; the parts of the ePID stand below it.
void describe_base_response(const BaseResponse& response, std::size_t offset, Node& parent);

}  // namespace diag::kms
