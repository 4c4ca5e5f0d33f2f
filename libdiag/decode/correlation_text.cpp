#include "libdiag/decode/correlation_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/base/hex.h"
#include "libdiag/base/utf.h"
#include "libdiag/check/contact_text.h"
#include "libdiag/lang/message.h"

namespace diag::decode {
namespace {

using check::time_text;
using correlate::Contact;
using correlate::Correlation;
using lang::say;
using report::format_count;
using report::line_width;

constexpr std::int64_t minute_ns = std::int64_t{60} * 1'000'000'000;
constexpr std::size_t shown_contacts = 12;  // --verbose shows all that are kept
constexpr std::size_t shown_points = 8;
constexpr std::size_t value_column = 11;
constexpr std::size_t attempt_column = 26;  // behind "    2026-11-23T20:09:15Z  "

void append_row(std::string& out, std::string_view label, std::string_view text) {
    out += fmt::format("  {:<9}", label);
    report::append_wrapped(out, text, value_column, value_column, line_width);
    out += '\n';
}

void append_head(std::string& out, std::string_view text, const report::Style& style) {
    std::string head;
    report::append_wrapped(head, text, 0, 4, line_width);
    out += style.strong(head) + '\n';
}

// `minutes_text`: what writes a minute or more.
std::string interval_text(std::int64_t ns, std::string (*minutes_text)(std::uint32_t)) {
    if (ns < minute_ns) return report::format_duration(ns);
    return minutes_text(static_cast<std::uint32_t>(std::min<std::int64_t>(ns / minute_ns, UINT32_MAX)));
}

std::string application_text(const Uuid& id) { return id.is_nil() ? "requests" : check::application_text(id); }

std::string attempt_text(const Contact& c, const Contact* before, const Correlation& correlation) {
    std::string text = check::result_text(c, correlation);
    if (before != nullptr) {
        const std::string interval = interval_text(c.time.ns - before->time.ns, report::say_minutes);
        text += ", " + say("{} after the one before", interval);
    }
    const auto path = path_of(c, correlation);
    if (!path.query.empty()) {
        text += fmt::format("; DNS: {}{}{}", printable_names(path.query), path.target.empty() ? "" : " = ",
                            printable_names(path.target));
    }
    text += fmt::format(" ({})", check::place_of(c, correlation));
    if (c.copies > 0) text += ", " + say("seen in {} captures", c.copies + 1);
    return text;
}

void append_attempts(std::string& out, const ClientReport& report, const Correlation& correlation, bool verbose) {
    const auto& contacts = report.history.contacts;
    const std::size_t shown = verbose ? contacts.size() : std::min(contacts.size(), shown_contacts);
    const std::uint64_t left_out =
        report.history.contact_count - std::min<std::uint64_t>(shown, report.history.contact_count);
    if (left_out > 0) out += fmt::format("    {} before these\n", format_count(left_out, "attempt", "attempts"));
    for (std::size_t i = contacts.size() - shown; i < contacts.size(); ++i) {
        out += fmt::format("    {}  ", time_text(contacts[i]->time));
        const std::string text = attempt_text(*contacts[i], i == 0 ? nullptr : contacts[i - 1], correlation);
        report::append_wrapped(out, escape_for_terminal(text, Backslash::kept), attempt_column, attempt_column,
                               line_width);
        out += '\n';
    }
}

std::string rhythm_text(const correlate::Series& series) {
    const std::string name = application_text(series.application_id);
    const std::string interval = interval_text(series.interval_ns, report::format_minutes);
    switch (series.rhythm) {
        case correlate::Rhythm::retrying:
            return fmt::format("{}: every {}, the interval of clients that are not activated", name, interval);
        case correlate::Rhythm::renewing: return fmt::format("{}: every {}, a healthy renewal", name, interval);
        default: return fmt::format("{}: {} after the round before", name, interval);
    }
}

template <class T, class Text> std::string list_of(const std::vector<correlate::Span<T>>& spans, Text text) {
    std::string out;
    for (const auto& span : spans) {
        if (!out.empty()) out += ", ";
        out += text(span.value);
        if (spans.size() > 1) out += fmt::format(" ({} to {})", time_text(span.first), time_text(span.last));
    }
    return out;
}

std::string count_text(const correlate::Counting& counting) {
    std::string out;
    const auto& points = counting.points;
    const std::size_t shown = std::min(points.size(), shown_points);
    if (points.empty()) return "none in the answers";
    if (points.size() == 1) return fmt::format("{} of {} needed", points.front().count, counting.needed);
    for (std::size_t i = points.size() - shown; i < points.size(); ++i) {
        if (!out.empty()) out += ", ";
        out += fmt::format("{} at {}", points[i].count, time_text(points[i].time));
    }
    return fmt::format("{}{}; {} needed", shown < points.size() || counting.dropped_points > 0 ? "... " : "", out,
                       counting.needed);
}

std::string forecast_text(const correlate::Counting& counting) {
    using Kind = correlate::Forecast::Kind;
    const auto& f = counting.forecast;
    switch (f.kind) {
        case Kind::not_needed: return "enough clients";
        case Kind::unknown: return "no forecast: it takes two counts, an hour or more apart";
        case Kind::no_rise: return "no forecast: the count did not rise";
        case Kind::never:
            return fmt::format("at this rate ({:.1f} new clients a day) never: ids are forgotten after 30 days",
                               f.rise_a_day);
        case Kind::at:
            return fmt::format("at this rate ({:.1f} new clients a day) {} are reached about {}", f.rise_a_day,
                               counting.needed, time_text(f.time));
    }
    return {};
}

void append_counting(std::string& out, const correlate::Counting& counting, const Correlation& correlation) {
    append_row(out, "count",
               fmt::format("{}: {}; {} counted in the captures", application_text(counting.application_id),
                           count_text(counting), format_count(counting.client_count, "client", "clients")));
    if (!counting.points.empty()) append_row(out, "", forecast_text(counting));
    for (const auto& ids : counting.identities) {
        std::string text{correlation.text(ids.epids.front())};
        if (ids.epids.size() > 1) text += fmt::format(" and {} more", ids.epids.size() - 1);
        if (!ids.hwids.empty())
            text += fmt::format(", hardware id {}", to_upper_hex(bytes_of(correlation.text(ids.hwids.front()))));
        if (ids.hwids.size() > 1) text += fmt::format(" and {} more", ids.hwids.size() - 1);
        append_row(out, "ePID", escape_for_terminal(text));
    }
}

}  // namespace

ContactPath path_of(const Contact& contact, const Correlation& correlation) {
    const std::string_view path = correlation.text(contact.path);
    const std::size_t end = path.find('\0');
    if (end == std::string_view::npos) return {};
    return {.query = path.substr(0, end), .target = path.substr(end + 1)};
}

void append_text(std::string& out, const ClientReport& report, const Correlation& correlation,
                 const report::Style& style, bool verbose) {
    const auto& [history, view, findings] = report;
    const std::string key = to_string(history.key);
    const std::string_view name =
        view.clock != nullptr ? correlation.text(view.clock->workstation_name) : std::string_view{};
    append_head(out, name.empty() ? key : escape_for_terminal(name) + "  " + key, style);
    std::string attempts = format_count(history.contact_count, "attempt", "attempts");
    if (history.contact_count > 1)
        attempts += fmt::format(", {} to {}", time_text(history.first), time_text(history.contacts.back()->time));
    append_row(out, "all", attempts);
    if (view.names.size() > 1)
        append_row(out, "names", escape_for_terminal(list_of(view.names, [](const std::string& s) { return s; })));
    append_row(out, "from", list_of(view.addresses, [](const IpAddress& ip) { return to_string(ip); }));
    for (const auto& series : view.series)
        if (series.interval_ns != 0) append_row(out, "rhythm", rhythm_text(series));
    if (view.clock != nullptr) {
        const std::int64_t difference = *view.clock->clock_difference_s();
        append_row(out, "clock",
                   fmt::format("{:+} s from the clock of the capture: {} minutes of margin", difference,
                               correlate::clock_margin_minutes(difference)));
    }
    append_attempts(out, report, correlation, verbose);
    report::append_findings(out, findings, style, verbose);
    out += '\n';
}

void append_text(std::string& out, const HostReport& report, const Correlation& correlation, const report::Style& style,
                 bool verbose) {
    const auto& [history, view, findings] = report;
    append_head(out, to_string(history.host), style);
    append_row(out, "all",
               fmt::format("{} of {}, {} answered, {} granted, {} to {}",
                           format_count(history.contact_count, "attempt", "attempts"),
                           format_count(view.client_count, "client", "clients"), history.answered_count,
                           history.success_count, time_text(history.first), time_text(history.last)));
    for (const auto& counting : view.countings) append_counting(out, counting, correlation);
    if (view.clock.says_more_than_one_answer()) {
        append_row(out, "clock",
                   fmt::format("between {:+} and {:+} minutes from the clock of the capture, by what it accepted and "
                               "refused",
                               view.clock.least_s / 60, view.clock.most_s / 60));
    }
    report::append_findings(out, findings, style, verbose);
    out += '\n';
}

void append_text(std::string& out, std::span<const check::Finding> findings, const Correlation& correlation,
                 const report::Style& style, bool verbose) {
    std::string text = fmt::format("{} of {} with {}", format_count(correlation.contact_count(), "attempt", "attempts"),
                                   format_count(correlation.client_count(), "client", "clients"),
                                   format_count(correlation.host_count(), "host", "hosts"));
    if (correlation.copy_count() > 0)
        text += correlation.copy_count() == 1
                    ? std::string{"; 1 more is a copy of one of these in another capture"}
                    : fmt::format("; {} more are copies of these in other captures", correlation.copy_count());
    append_row(out, "all", text);
    if (const auto lost = correlation.forgotten_count() + correlation.left_out_count(); lost > 0)
        append_row(out, "limits",
                   fmt::format("{} not correlated, to bound memory", format_count(lost, "attempt", "attempts")));
    report::append_findings(out, findings, style, verbose);
    out += '\n';
}

}  // namespace diag::decode
