#include "libdiag/report/text.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/base/hex.h"
#include "libdiag/base/utf.h"

namespace diag::report {
namespace {

constexpr std::size_t line_width = 80;
constexpr unsigned max_tree_depth = 32;

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

void append_item(std::string& out, std::string_view head, std::string_view text) {
    out += head;
    append_wrapped(out, escape_for_terminal(text), head.size(), head.size(), line_width);
    out += '\n';
}

}  // namespace

std::string Style::wrap(std::string_view code, std::string_view text) const {
    return colored_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string{text};
}

std::string Style::severity(check::Severity severity, std::string_view text) const {
    switch (severity) {
        case check::Severity::critical: return wrap("1;31", text);
        case check::Severity::warning: return wrap("1;33", text);
        case check::Severity::info: break;
    }
    return wrap("36", text);
}

std::size_t column_count(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_character));
}

void append_wrapped(std::string& out, std::string_view text, std::size_t column, std::size_t indent,
                    std::size_t width) {
    if (column + text.size() <= width) {  // bytes: never fewer than columns
        out += text;
        return;
    }
    bool line_is_empty = true;
    while (!text.empty()) {
        const std::size_t word_size = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, word_size);
        const std::size_t columns = column_count(word);
        if (!line_is_empty && column + 1 + columns > width) {
            out += '\n';
            out.append(indent, ' ');
            column = indent;
            line_is_empty = true;
        }
        if (!line_is_empty) {
            out += ' ';
            ++column;
        }
        out += word;
        column += columns;
        line_is_empty = false;
        text.remove_prefix(std::min(word_size + 1, text.size()));
    }
}

void append_finding(std::string& out, const check::Finding& finding, const Style& style, bool verbose) {
    const check::Rule& rule = *finding.rule;
    out += fmt::format("  {} {}\n", style.severity(rule.severity, fmt::format("{:<8}", check::name_of(rule.severity))),
                       style.strong(rule.id));
    append_item(out, "           ", finding.title);
    for (const auto& line : finding.evidence) append_item(out, "           - ", line);
    const std::uint32_t windows = finding.shown_windows_code();
    const std::uint32_t inner = finding.shown_inner_code();
    if (windows != 0) {
        std::string codes = fmt::format("the Windows client shows {}", format_code(windows));
        if (inner != 0) codes += fmt::format(" (its event 12288: {})", format_code(inner));
        append_item(out, "           ", codes);
    }
    if (rule.severity == check::Severity::info && !verbose) return;
    const std::size_t shown = verbose ? rule.causes.size() : std::min<std::size_t>(rule.causes.size(), 1);
    for (std::size_t i = 0; i < shown; ++i) append_item(out, "           cause:  ", rule.causes[i]);
    const std::size_t steps = verbose ? rule.remedy.size() : std::min<std::size_t>(rule.remedy.size(), 1);
    for (std::size_t i = 0; i < steps; ++i) append_item(out, "           remedy: ", rule.remedy[i]);
}

void append_tree(std::string& out, const Node& node, const Style& style, unsigned depth) {
    if (depth > max_tree_depth) return;
    out.append(std::size_t{depth} * 4, ' ');
    out += node.value.empty() && !node.children.empty() ? style.strong(node.label) : node.label;
    if (!node.value.empty()) out += ": " + escape_for_terminal(node.value);
    if (!node.meaning.empty()) out += fmt::format(" ({})", escape_for_terminal(node.meaning));
    if (node.size > 0) out += style.faint(fmt::format("  [{}..{}]", node.offset, node.offset + node.size - 1));
    out += '\n';
    for (const Node& child : node.children) append_tree(out, child, style, depth + 1);
}

std::string format_size(std::uint64_t bytes) {
    constexpr std::string_view units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) return fmt::format("{} B", bytes);
    double value = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < std::size(units); ++unit) value /= 1024;
    return fmt::format("{:.1f} {}", value, units[unit]);
}

std::string format_duration(std::int64_t ns) {
    const double value = static_cast<double>(ns);
    const double size = value < 0 ? -value : value;
    if (size < 1e6) return fmt::format("{:.0f} us", value / 1e3);
    if (size < 1e9) return fmt::format("{:.3g} ms", value / 1e6);
    return fmt::format("{:.1f} s", value / 1e9);
}

}  // namespace diag::report
