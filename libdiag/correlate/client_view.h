#pragma once

#include "libdiag/correlate/correlation.h"

namespace diag::correlate {

/// Contacts closer together than this are one round: a client tries one host after the other, and people try again.
inline constexpr std::int64_t round_ns = std::int64_t{5} * 60 * 1'000'000'000;

/// How often a client asks for one application.
enum class Rhythm : std::uint8_t {
    unknown,   ///< fewer than three rounds, or no pattern
    retrying,  ///< every activation interval: not activated
    renewing,  ///< every renewal interval: healthy
};

/// "unknown", "retrying", "renewing": the words of the JSON output.
std::string_view name_of(Rhythm rhythm);

/// A name or an address under which a client appeared, and when.
template <class T> struct Span {
    T value;
    Timestamp first, last;
    std::uint32_t contact_count = 0;
    std::uint32_t first_index = 0, last_index = 0;  ///< among the client's contacts
};

/// The contacts for one application (Windows, Office), by time. Of a client whose requests cannot be read: all.
struct Series {
    Uuid application_id;
    std::vector<const Contact*> contacts;
    std::vector<std::size_t> rounds;  ///< index of the first contact of each round
    Rhythm rhythm = Rhythm::unknown;  ///< of the latest rounds
    std::int64_t interval_ns = 0;     ///< between those; 0: unknown
    /// Contacts behind the last success; all without one.
    std::size_t failures_at_end = 0;
};

/// What the contacts of one client show together.
struct ClientView {
    std::vector<Span<std::string>> names;  ///< as a machine is named: lower case, without its domain
    std::vector<Span<IpAddress>> addresses;
    std::vector<Endpoint> hosts;  ///< in the order in which they were tried first
    std::vector<Series> series;
    const Contact* clock = nullptr;  ///< the latest whose request could be read
};

ClientView view_of(const ClientHistory& history, const Correlation& correlation);

/// "pc-7" for "PC-7.example.test": Windows sends either, before and after it joins a domain.
std::string machine_name(std::string_view workstation_name);

/// Minutes that remain until a host whose clock is that of the capture refuses the request; negative: it does.
std::int64_t clock_margin_minutes(std::int64_t clock_difference_s);

}  // namespace diag::correlate
