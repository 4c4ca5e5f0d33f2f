#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "libdiag/base/utf.h"
#include "libdiag/check/finding.h"
#include "libdiag/wire/node.h"

namespace diag::report {

/// Colours of a terminal, or none. Names say what is coloured, not how.
class Style {
public:
    explicit Style(bool colored) : colored_{colored} {}
    std::string strong(std::string_view text) const { return wrap("1", text); }
    std::string faint(std::string_view text) const { return wrap("2", text); }
    std::string good(std::string_view text) const { return wrap("32", text); }
    std::string severity(check::Severity severity, std::string_view text) const;

private:
    std::string wrap(std::string_view code, std::string_view text) const;
    bool colored_;
};

/// Columns of a terminal that nothing is wider than.
inline constexpr std::size_t line_width = 80;

/// Breaks `text` at blanks, and words that are wider than a line where it ends, so that no line is longer than `width`
/// columns. The first line begins where the cursor is (`column`), the others behind `indent` blanks. A blank at the front
/// lets the first word go to the next line when it does not fit.
void append_wrapped(std::string& out, std::string_view text, std::size_t column, std::size_t indent, std::size_t width);

/// A finding for people: title, evidence, what the Windows client shows, what to do. `verbose` adds every cause and
/// remedy, otherwise the first. Without a title its line is left out. Text of peers is escaped. What the rule says is in the
/// language of lang::speak(); title and evidence are as the finding has them.
void append_finding(std::string& out, const check::Finding& finding, const Style& style, bool verbose,
                    Backslash backslash = Backslash::doubled);

/// All of them by cause: what follows from another finding stands below it with its title alone; with `verbose` whole, too.
void append_findings(std::string& out, std::span<const check::Finding> findings, const Style& style, bool verbose,
                     Backslash backslash = Backslash::doubled);

/// The line below a finding that names another one which follows from it.
void append_consequence(std::string& out, const check::Finding& finding, Backslash backslash = Backslash::doubled);

/// "the Windows client shows 0xC004F074 (its event 12288: 0x800706BA)"; empty for a finding that shows nothing there.
/// In the language that was chosen: for Nagios and JUnit that is English.
std::string client_codes(const check::Finding& finding);

/// The tree in the manner of `tshark -V`: indented labels, values, meanings, byte ranges. Bounded in depth.
void append_tree(std::string& out, const Node& node, const Style& style, unsigned depth = 0);

/// "1 request", "3 requests".
std::string format_count(std::uint64_t count, std::string_view one, std::string_view many);
/// "1.5 KiB", "12 B".
std::string format_size(std::uint64_t bytes);
/// Minutes in the units that suit them: "90 min", "2 hours", "7 days", "2 days 1 hour".
std::string format_minutes(std::uint32_t minutes);
/// The same in the language that was chosen, as a value of a sentence of lang::say().
std::string say_minutes(std::uint32_t minutes);
/// A duration in the unit that suits it: "83 us", "1.25 ms", "10.1 s".
std::string format_duration(std::int64_t ns);

}  // namespace diag::report
