#include "libdiag/decode/correlation_report.h"

#include "libdiag/check/correlation_findings.h"
#include "libdiag/decode/correlation_json.h"
#include "libdiag/decode/correlation_text.h"

namespace diag::decode {
namespace {

using correlate::Correlation;

// Writes one kind of thing after the other, and a heading before the first of each in text.
class Teller {
public:
    Teller(const Correlation& correlation, const Settings& settings, const report::Style& style,
           const std::function<void(std::span<const check::Finding>)>& note,
           const std::function<void(std::string_view)>& write)
        : correlation_{correlation}, settings_{settings}, style_{style}, note_{note}, write_{write} {}

    void clients() {
        const auto usual = check::usual_clocks(correlation_);
        correlation_.for_each_client([&](const correlate::ClientHistory& history) {
            if (!history.selected) return;
            const auto view = view_of(history, correlation_);
            const auto findings = check::check_client(history, view, correlation_, usual);
            note_(findings);
            if (is_told(findings)) tell("Clients", ClientReport{history, view, findings});
        });
    }

    void hosts() {
        heading_ = {};
        correlation_.for_each_host([&](const correlate::HostHistory& history) {
            if (!history.selected) return;
            const auto view = view_of(history, correlation_);
            const auto findings = check::check_host(history, view, correlation_);
            note_(findings);
            if (is_told(findings)) tell("Hosts", HostReport{history, view, findings});
        });
    }

    // What belongs to several clients is told only where nothing was left out.
    void whole() {
        if (!settings_.selection.selects_all()) return;
        auto findings = check::check_names(correlation_);
        auto of_addresses = check::check_addresses(correlation_);
        findings.insert(findings.end(), std::make_move_iterator(of_addresses.begin()),
                        std::make_move_iterator(of_addresses.end()));
        note_(findings);
        heading_ = {};
        if (is_told(findings)) tell("All clients", std::span<const check::Finding>{findings});
    }

private:
    bool is_told(std::span<const check::Finding> findings) const {
        if (settings_.quiet && check::worst(findings).value_or(check::Severity::info) == check::Severity::info)
            return false;
        if (settings_.clients) return true;
        return !findings.empty() && settings_.detail != Detail::summary;
    }

    template <class What> void tell(std::string_view heading, const What& what) {
        std::string out;
        if (settings_.detail == Detail::json) {
            append_json(out, what, correlation_);
        } else {
            if (heading != heading_) out += style_.strong(heading) + "\n\n";
            heading_ = heading;
            append_text(out, what, correlation_, style_, settings_.verbose);
        }
        write_(out);
    }

    const Correlation& correlation_;
    const Settings& settings_;
    const report::Style& style_;
    const std::function<void(std::span<const check::Finding>)>& note_;
    const std::function<void(std::string_view)>& write_;
    std::string_view heading_;
};

}  // namespace

void report_correlation(const Correlation& correlation, const Settings& settings, const report::Style& style,
                        const std::function<void(std::span<const check::Finding>)>& note,
                        const std::function<void(std::string_view)>& write) {
    Teller teller{correlation, settings, style, note, write};
    teller.clients();
    teller.hosts();
    teller.whole();
}

}  // namespace diag::decode
