#pragma once

#include "libdiag/check/finding.h"
#include "libdiag/correlate/correlation.h"
#include "tests/support/packet_builder.h"

/// One request each, written as what a conversation says of it, for tests of what many of them say together.
namespace diag::test {

inline constexpr std::int64_t second = 1'000'000'000;
inline constexpr std::int64_t minute = 60 * second;
inline constexpr std::int64_t hour = 60 * minute;
inline constexpr std::int64_t day = 24 * hour;
inline constexpr Timestamp talk_start{1'764'000'000'000'000'000};

constexpr Uuid talk_windows = *Uuid::parse("55c92734-d682-4d71-983e-d6ec3f16059f");
constexpr Uuid talk_office = *Uuid::parse("0ff1ce15-a989-479d-af46-f275c6370663");

struct Talk {
    std::int64_t after = 0;  ///< nanoseconds behind talk_start
    unsigned machine = 1;    ///< gives the client machine id; 0: the request cannot be read
    std::string name = "pc-1";
    std::string address = "192.0.2.77";
    Endpoint host = endpoint("192.0.2.10", 1688);
    std::uint32_t count = 50, needed = 25;
    std::uint32_t hresult = 0;
    bool answered = true;  ///< false: and the outcome is request_unanswered
    bool asked = true;     ///< false: no request, the outcome is refused_by_rst
    std::string epid = "06401-00206-471-111111-03-1033-9600.0000-3292025";
    unsigned hwid = 0;  ///< 0: none, as in versions 4 and 5
    Uuid application_id = talk_windows;
    unsigned product = 1;                 ///< gives the counted id
    std::int64_t clock_difference_s = 0;  ///< client clock minus capture clock
    std::int64_t echo_of = -1;            ///< the answer echoes the time of the request at this `after`; -1: of its own
    std::uint64_t packet = 10;
    std::uint8_t hop_limit = 0;  ///< of the host's SYN-ACK, or its RST; 0: not in the capture
    std::uint16_t segment_size = 1460;
    bool timestamps = true;         ///< in the SYN-ACK
    bool offers_timestamps = true;  ///< in the SYN
};

/// The client machine id of this number.
Uuid machine_id(unsigned number);

void add(correlate::Correlation& correlation, const Talk& talk, bool selected = true);

/// All talks in one capture.
correlate::Correlation correlated(std::span<const Talk> talks, const correlate::Limits& limits = {});

/// Every finding about clients, hosts, names and addresses.
std::vector<check::Finding> findings_of(const correlate::Correlation& correlation);

/// Their ids, sorted, each as often as it was found.
std::vector<std::string> ids_of(std::span<const Talk> talks);

}  // namespace diag::test
