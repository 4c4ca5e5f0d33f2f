#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "libdiag/wire/node.h"

namespace diag::kms {

struct HostKey;

/// The parts of an extended PID in the usual form (protocol.md 5.4), "03612-00206-471-111111-03-1033-17763.0000-2822018".
/// Nothing is checked beyond the form: a day 000 or an unknown build is for an audit to judge.
struct Epid {
    std::uint32_t platform_id = 0;     ///< goes with the host's operating system
    std::uint32_t group_id = 0;        ///< of the host key
    std::uint32_t key_id_high = 0;     ///< first three of the nine digits
    std::uint32_t key_id_low = 0;      ///< last six
    std::uint32_t channel = 0;         ///< 3: volume
    std::uint32_t lcid = 0;            ///< system language of the host
    std::uint32_t build = 0;           ///< of the host's operating system
    std::uint32_t revision = 0;        ///< behind the build; 0 from Windows
    std::uint32_t activation_day = 0;  ///< day of the year on which the host key was activated, from 1
    std::uint32_t activation_year = 0;

    std::uint32_t key_id() const { return key_id_high * 1'000'000 + key_id_low; }

    /// The reference host of this toolkit marks its ePIDs with revision 9999.
    bool is_lab() const { return revision == 9999; }

    friend bool operator==(const Epid&, const Epid&) = default;
};

/// nullopt for text that is not in the usual form; clients accept any text. Widths are not insisted on, as long as no number
/// is longer than in the usual form (the LCID and build may have up to 9 digits).
std::optional<Epid> parse_epid(std::string_view text);

/// What the catalogue says of the build: "Windows Server 2019; Windows Server, version 1809"; empty for an unknown one.
std::string_view host_os(const Epid& epid);

/// The host key that owns this number (find_host_key() in catalogue.h); nullptr for none.
const HostKey* host_key(const Epid& epid);

/// The day on which the host key was activated; nullopt for a day that the year does not have.
std::optional<std::chrono::year_month_day> activation_date(const Epid& epid);

/// "2018-10-09", or empty.
std::string activation_date_text(const Epid& epid);

/// Adds the parts below the ePID's own node, whose value is its text. Nothing when it is not in the usual form.
void describe_epid(Node& node);

}  // namespace diag::kms
