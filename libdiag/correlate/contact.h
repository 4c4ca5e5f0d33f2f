#pragma once

#include "libdiag/base/ip_address.h"
#include "libdiag/base/time.h"
#include "libdiag/base/uuid.h"
#include "libdiag/correlate/text_pool.h"

namespace diag::correlate {

/// What became of one request, or of an attempt that never got as far as one.
enum class Result : std::uint8_t {
    granted,     ///< answered, with a count that is enough
    count_low,   ///< answered, with a count that is not
    accepted,    ///< return code 0, but count or need cannot be read
    refused,     ///< an HRESULT
    rejected,    ///< an answer that the client turns down
    fault,       ///< an RPC fault
    unanswered,  ///< no connection, no bind, no answer: Contact::outcome says which
    not_found,   ///< DNS named no host
    unknown,     ///< the capture ends, or lacks the answer
};

/// "granted", "count_low": the words of the JSON output.
std::string_view name_of(Result result);

/// The host said something about KMS.
constexpr bool is_answered(Result r) { return r < Result::unanswered; }
/// The host gave what was asked, as far as the packets tell.
constexpr bool is_success(Result r) { return r == Result::granted || r == Result::accepted; }

/// Who asks: a client machine id, or where none can be read the address.
struct ClientKey {
    enum class Kind : std::uint8_t { machine_id, v4 = 4, v6 = 6 };
    std::array<std::uint8_t, 16> octets{};
    Kind kind = Kind::machine_id;

    static ClientKey of(const Uuid& id) { return {.octets = id.wire, .kind = Kind::machine_id}; }
    static ClientKey of(const IpAddress& ip) { return {.octets = ip.octets, .kind = static_cast<Kind>(ip.family)}; }
    bool is_machine_id() const { return kind == Kind::machine_id; }
    Uuid machine_id() const { return {.wire = octets}; }
    IpAddress address() const { return {.octets = octets, .family = static_cast<IpAddress::Family>(kind)}; }
    friend auto operator<=>(const ClientKey&, const ClientKey&) = default;
};

/// The client machine id or address as text.
std::string to_string(const ClientKey& key);

/// How the host's first packet of a connection looks, its SYN-ACK or the RST in its place: another machine that answers with its
/// address looks different. All 0: none was seen.
struct HostOpening {
    std::uint16_t window = 0, maximum_segment_size = 0;
    std::uint16_t offer = 0;  ///< what the client's SYN offered, as a number: answers to different offers differ
    std::uint8_t hop_limit = 0;
    std::uint8_t window_scale = 0;
    bool has_window_scale = false, sack_permitted = false, has_timestamps = false, is_reset = false;

    bool is_known() const { return hop_limit != 0; }
    friend bool operator==(const HostOpening&, const HostOpening&) = default;
    /// In how many TCP options this SYN-ACK has something else than `usual`, or something more. One that is missing says nothing: a
    /// host under load leaves them out (SYN cookies).
    int option_differences(const HostOpening& usual) const {
        return int{maximum_segment_size != 0 && maximum_segment_size != usual.maximum_segment_size} +
               int{has_window_scale && (!usual.has_window_scale || window_scale != usual.window_scale)} +
               int{sack_permitted && !usual.sack_permitted} + int{has_timestamps && !usual.has_timestamps};
    }
};

/// The compact facts of one request, or of one attempt without one. There may be a million: every byte counts.
struct Contact {
    Timestamp time;            ///< of the request, else of the first packet
    std::uint64_t packet = 0;  ///< that time belongs to
    Filetime client_time;      ///< in the request; 0: not readable
    Filetime echoed_time;      ///< in the answer; 0: not readable
    IpAddress client;
    std::uint16_t client_port = 0;
    Endpoint host;  ///< port 0: none, the search in DNS found nothing
    TextId workstation_name{};
    TextId product{};  ///< application id, activation id, KMS counted id: 48 bytes
    TextId epid{}, hwid{};
    TextId previous_id{};  ///< 16 bytes; none for a nil id
    TextId path{};         ///< how DNS led here: "query\0target"
    TextId outcome{};      ///< of the conversation
    HostOpening opening;
    std::uint32_t answer_after = 0;  ///< packets from `packet` to the answer; 0: none
    std::uint32_t needed = 0;        ///< required client count
    std::uint32_t count = 0;
    std::uint32_t code = 0;                                                       ///< HRESULT, or status of a fault
    std::uint32_t owner = 0;                                                      ///< number of its client
    std::uint32_t next = IndexTable::none;                                        ///< of the same client
    std::uint16_t activation_interval_minutes = 0, renewal_interval_minutes = 0;  ///< at most 65535
    std::uint16_t file = 0;
    std::uint8_t license_status = 0;
    Result result = Result::unknown;
    bool has_request = false;  ///< its fields could be read
    bool has_count = false;
    std::uint8_t copies = 0;  ///< the same seen in other captures

    /// Client clock minus capture clock; nullopt without a readable request.
    std::optional<std::int64_t> clock_difference_s() const;
};

/// The ids in Contact::product.
struct ProductIds {
    Uuid application_id, activation_id, kms_id;
    friend auto operator<=>(const ProductIds&, const ProductIds&) = default;
};

}  // namespace diag::correlate
