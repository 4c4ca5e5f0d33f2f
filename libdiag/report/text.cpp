#include "libdiag/report/text.h"

#include <fmt/compile.h>

#include <algorithm>

#include "libdiag/base/hex.h"
#include "libdiag/base/text_width.h"
#include "libdiag/base/utf.h"
#include "libdiag/check/consequences.h"
#include "libdiag/lang/language.h"
#include "libdiag/report/labels.h"

namespace diag::report {
namespace {

using lang::tr;

constexpr unsigned max_tree_depth = 32;

// Japanese has no blanks: a line may end before and after each wide character, but does not begin with what closes and does
// not end with what opens (JIS X 4051, the part of it that is plain to see).
constexpr std::u32string_view never_first = U"、。，．・：；？！ー）」』】〉》々ゃゅょっャュョッァィゥェォ,.:;?!)]}";
constexpr std::u32string_view never_last = U"（「『【〈《([{";

bool may_break(char32_t before, char32_t after) {
    const std::size_t after_columns = column_count(after);
    if (after_columns == 0 || (column_count(before) < 2 && after_columns < 2)) return false;
    return never_first.find(after) == std::u32string_view::npos && never_last.find(before) == std::u32string_view::npos;
}

// How much of a word, from its front, stays on one line.
std::size_t unbroken_size(std::string_view word) {
    Utf8Character last = next_utf8(word);
    std::size_t size = last.size;
    while (size < word.size()) {
        const Utf8Character next = next_utf8(word.substr(size));
        if (last.valid && next.valid && may_break(last.value, next.value)) break;
        size += next.size;
        last = next;
    }
    return size;
}

// Wide characters have three bytes or four in UTF-8.
bool may_have_wide(std::string_view word) {
    return std::ranges::any_of(word, [](char c) { return static_cast<unsigned char>(c) >= 0xE0; });
}

// Where the next character goes. Lines but the first begin behind `indent` blanks.
class Cursor {
public:
    Cursor(std::string& out, std::size_t column, std::size_t indent, std::size_t width)
        : out_{out}, column_{column}, indent_{indent}, width_{width} {}

    void word(std::string_view text) {
        if (!may_have_wide(text)) return part(text, blank());
        for (std::size_t blank_count = blank(); !text.empty(); blank_count = 0) {
            const std::size_t size = unbroken_size(text);
            part(text.substr(0, size), blank_count);
            text.remove_prefix(size);
        }
    }

private:
    // A word, or what of it stays together.
    void part(std::string_view text, std::size_t blank_count) {
        std::size_t columns = column_count(text);
        if (column_ + blank_count + columns > width_ && (!at_start_ || indent_ + columns <= width_)) {
            new_line();
        } else {
            out_.append(blank_count, ' ');
            column_ += blank_count;
        }
        if (column_ + columns > width_) {
            text = broken(text);
            columns = column_count(text);
        }
        out_ += text;
        column_ += columns;
        at_start_ = false;
    }

    std::size_t blank() const { return at_start_ ? 0 : 1; }
    void new_line() {
        out_ += '\n';
        out_.append(indent_, ' ');
        column_ = indent_;
        at_start_ = true;
    }
    // Fills lines with what does not fit into one; returns the rest, which does.
    std::string_view broken(std::string_view text) {
        while (column_ + column_count(text) > width_) {
            std::string_view part = fitting_prefix(text, width_ - std::min(width_, column_));
            // Where the indent leaves no room, a character a line is better than none.
            if (part.empty() && column_ <= indent_) part = text.substr(0, next_utf8(text).size);
            out_ += part;
            text.remove_prefix(part.size());
            if (text.empty()) break;
            new_line();
        }
        return text;
    }

    std::string& out_;
    std::size_t column_, indent_, width_;
    bool at_start_ = true;
};

void append_item(std::string& out, std::string_view head, std::string_view text,
                 Backslash backslash = Backslash::doubled) {
    out += head;
    const std::size_t column = column_count(head);
    append_wrapped(out, escape_for_terminal(text, backslash), column, column, line_width);
    out += '\n';
}

// Behind a finding's title; the words stand below each other.
void append_labelled(std::string& out, std::string_view text_label, std::string_view text,
                     Backslash backslash = Backslash::doubled) {
    std::size_t width = 0;
    for (const std::string_view other : {label::cause, label::remedy, label::to_be_sure, label::effect})
        width = std::max(width, column_count(tr(other)));
    const std::string_view word = tr(text_label);
    append_item(out, fmt::format("{:11}{}{:{}}", "", word, "", width - column_count(word) + 1), text, backslash);
}

std::string codes_text(const check::Finding& finding) {
    const std::uint32_t windows = finding.shown_windows_code();
    const std::uint32_t inner = finding.shown_inner_code();
    if (windows == 0) return {};
    const auto filled = [](std::string_view text, std::uint32_t code) {
        return fmt::format(fmt::runtime(tr(text)), format_code(code));
    };
    std::string codes = filled(label::windows_shows, windows);
    if (inner != 0) codes += filled(label::event_carries, inner);
    return codes;
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

void append_wrapped(std::string& out, std::string_view text, std::size_t column, std::size_t indent,
                    std::size_t width) {
    if (column + text.size() <= width) {  // bytes: never fewer than columns
        out += text;
        return;
    }
    Cursor cursor{out, column, indent, width};
    while (!text.empty()) {
        const std::size_t size = std::min(text.find(' '), text.size());
        cursor.word(text.substr(0, size));
        text.remove_prefix(std::min(size + 1, text.size()));
    }
}

void append_finding(std::string& out, const check::Finding& finding, const Style& style, bool verbose,
                    Backslash backslash) {
    const check::Rule& rule = *finding.rule;
    out += fmt::format("  {} {}\n", style.severity(rule.severity, fmt::format("{:<8}", check::name_of(rule.severity))),
                       style.strong(rule.id));
    if (!finding.title.empty()) append_item(out, "           ", finding.title, backslash);
    for (const auto& line : finding.evidence) append_item(out, "           - ", line, backslash);
    if (const std::string codes = codes_text(finding); !codes.empty()) append_item(out, "           ", codes);
    if (rule.severity == check::Severity::info && !verbose) return;
    const auto append_texts = [&](std::string_view text_label, std::span<const std::string_view> texts) {
        const std::size_t shown = verbose ? texts.size() : std::min<std::size_t>(texts.size(), 1);
        for (const std::string_view text : texts.first(shown)) append_labelled(out, text_label, tr(text));
    };
    append_texts(label::cause, check::causes_of(finding));
    append_texts(label::remedy, check::remedy_of(finding));
    if (!rule.to_be_sure.empty())
        append_labelled(out, label::to_be_sure, check::to_be_sure(finding, tr(rule.to_be_sure)));
}

void append_findings(std::string& out, std::span<const check::Finding> findings, const Style& style, bool verbose,
                     Backslash backslash) {
    for (const check::Cause& cause : check::causes_among(findings)) {
        append_finding(out, findings[cause.finding], style, verbose, backslash);
        for (const std::size_t i : cause.consequences) append_consequence(out, findings[i], backslash);
        if (!verbose) continue;
        for (const std::size_t i : cause.consequences) append_finding(out, findings[i], style, verbose, backslash);
    }
}

void append_consequence(std::string& out, const check::Finding& finding, Backslash backslash) {
    append_labelled(
        out, label::effect,
        finding.title.empty() ? std::string{finding.rule->id} : fmt::format("{}: {}", finding.rule->id, finding.title),
        backslash);
}

std::string client_codes(const check::Finding& finding) { return codes_text(finding); }

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

std::string format_count(std::uint64_t count, std::string_view one, std::string_view many) {
    return fmt::format(FMT_COMPILE("{} {}"), count, count == 1 ? one : many);
}

std::string format_size(std::uint64_t bytes) {
    constexpr std::string_view units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) return fmt::format(FMT_COMPILE("{} B"), bytes);
    double value = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < std::size(units); ++unit) value /= 1024;
    return fmt::format(FMT_COMPILE("{:.1f} {}"), value, units[unit]);
}

std::string format_minutes(std::uint32_t minutes) {
    constexpr std::uint32_t hour = 60;
    constexpr std::uint32_t day = 24 * hour;
    if (minutes < 2 * hour && minutes != hour) return fmt::format(FMT_COMPILE("{} min"), minutes);
    std::string text;
    const auto add = [&text](std::uint32_t count, std::string_view unit) {
        if (count == 0) return;
        if (!text.empty()) text += ' ';
        text += fmt::format(FMT_COMPILE("{} {}{}"), count, unit, count == 1 ? "" : "s");
    };
    const std::uint32_t days = minutes >= 2 * day || minutes == day ? minutes / day : 0;
    minutes -= days * day;
    add(days, "day");
    add(minutes / hour, "hour");
    if (minutes % hour != 0) text += fmt::format(FMT_COMPILE(" {} min"), minutes % hour);
    return text;
}

std::string format_duration(std::int64_t ns) {
    const double value = static_cast<double>(ns);
    const double size = value < 0 ? -value : value;
    if (size < 1e6) return fmt::format(FMT_COMPILE("{:.0f} us"), value / 1e3);
    if (size < 1e9) return fmt::format(FMT_COMPILE("{:.3g} ms"), value / 1e6);
    return fmt::format(FMT_COMPILE("{:.1f} s"), value / 1e9);
}

}  // namespace diag::report
