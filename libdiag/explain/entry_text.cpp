#include "libdiag/explain/entry_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/base/text_width.h"
#include "libdiag/base/utf.h"
#include "libdiag/explain/labels.h"
#include "libdiag/explain/marks.h"
#include "libdiag/lang/language.h"

namespace diag::explain {
namespace {

using lang::tr;

using report::line_width;
constexpr std::size_t text_indent = 4;
constexpr std::size_t most_explained_findings = 8;

class Writer {
public:
    Writer(std::string& out, const report::Style& style) : out_{out}, style_{style} {}

    void heading(std::string_view text) { out_ += fmt::format("\n  {}\n", style_.strong(tr(text))); }

    // A line behind its head; the following lines begin below the text.
    void item(std::string_view head, std::string_view text, std::size_t indent = text_indent) {
        out_.append(indent, ' ');
        out_ += head;
        const std::size_t column = indent + column_count(head);
        report::append_wrapped(out_, escape_for_terminal(tr(text)), column, column, line_width);
        out_ += '\n';
    }

    void paragraph(std::string_view title, std::string_view text) {
        if (text.empty()) return;
        heading(title);
        item("", text);
    }

    void numbered(std::string_view title, std::span<const std::string_view> texts) {
        if (texts.empty()) return;
        heading(title);
        for (std::size_t i = 0; i < texts.size(); ++i) item(fmt::format("{:>2}. ", i + 1), texts[i]);
    }

    void listed(std::string_view title, std::span<const std::string_view> texts) {
        if (texts.empty()) return;
        heading(title);
        for (const std::string_view text : texts) item("- ", text);
    }

    void statements(std::string_view title, std::span<const Statement> statements) {
        if (statements.empty()) return;
        heading(title);
        for (const Statement& statement : statements)
            item(statement.mark.empty() ? "- " : fmt::format("- [{}] ", statement.mark), statement.text);
    }

    void facts(std::span<const Fact> facts) {
        if (facts.empty()) return;
        std::size_t width = 0;
        for (const Fact& fact : facts) width = std::max(width, column_count(tr(fact.label)));
        out_ += '\n';
        for (const Fact& fact : facts) {
            const std::string_view text_label = tr(fact.label);
            // A cell that nobody could fill.
            const std::string_view value = fact.value == "?" ? "[?]" : std::string_view{fact.value};
            item(fmt::format("{}{}", text_label, std::string(width - column_count(text_label) + 2, ' ')), value, 2);
        }
    }

    void findings(std::string_view title, std::span<const check::Rule* const> rules, bool verbose) {
        if (rules.empty()) return;
        heading(title);
        if (verbose || rules.size() <= most_explained_findings) {
            for (const check::Rule* rule : rules) explained(*rule);
            return;
        }
        for (const check::Stage stage : check::all_stages()) {
            std::string ids;
            for (const check::Rule* rule : rules)
                if (rule->stage == stage) ids += fmt::format("{}{}", ids.empty() ? "" : " ", rule->id);
            if (!ids.empty()) item(fmt::format("{:<9}", check::name_of(stage)), ids);
        }
    }

    // Whole, so that they can be copied.
    void sources(std::span<const std::string_view> sources) {
        if (sources.empty()) return;
        heading(label::source);
        for (const std::string_view source : sources) out_ += fmt::format("    - {}\n", escape_for_terminal(source));
    }

    void marks(const Entry& entry) {
        const auto seen = marks_of(entry);
        if (seen.empty()) return;
        out_ += '\n';
        for (const Mark& mark : all_marks())
            if (std::ranges::find(seen, mark.name) != seen.end()) item(fmt::format("[{}] ", mark.name), mark.text, 2);
    }

private:
    void explained(const check::Rule& rule) {
        out_ += fmt::format("    {}\n", rule.id);
        item("", rule.summary, 2 * text_indent);
    }

    std::string& out_;
    const report::Style& style_;
};

void append_head(std::string& out, const Entry& entry, const report::Style& style) {
    std::string key = escape_for_terminal(entry.key);
    if (entry.kind == Kind::event) key = fmt::format("{} {}", tr(label::event), key);
    out += style.strong(key);
    if (!entry.name.empty()) {
        out += "  ";
        report::append_wrapped(out, escape_for_terminal(entry.name), column_count(key) + 2, 2, line_width);
    }
    out += '\n';
}

}  // namespace

void append_text(std::string& out, const Entry& entry, const report::Style& style, bool verbose) {
    Writer writer{out, style};
    append_head(out, entry, style);
    if (!entry.meaning.empty()) writer.item("", entry.meaning, 2);
    writer.facts(entry.facts);
    writer.numbered(label::causes, entry.causes);
    writer.numbered(entry.kind == Kind::finding ? label::remedy : label::checks, entry.checks);
    writer.paragraph(label::to_be_sure, entry.to_be_sure);
    writer.statements(label::capture, entry.wire);
    writer.listed(label::events, entry.events);
    writer.statements(label::notes, entry.notes);
    writer.findings(label::ends_in, entry.ends_in, verbose);
    writer.findings(label::logged_for, entry.logged_for, verbose);
    writer.findings(label::read_for, entry.read_for, verbose);
    writer.sources(entry.sources);
    writer.marks(entry);
}

void append_line(std::string& out, const Entry& entry, const report::Style& style) {
    std::string key = escape_for_terminal(entry.key);
    if (entry.kind == Kind::event) key = fmt::format("{} {}", tr(label::event), key);
    std::string text;
    if (!entry.name.empty()) text = entry.name;
    if (!entry.meaning.empty() && entry.kind != Kind::host_key && entry.kind != Kind::counted_item &&
        entry.kind != Kind::application)
        text += fmt::format("{}{}", text.empty() ? "" : ": ", tr(entry.meaning));
    out += style.strong(key) + "  ";
    report::append_wrapped(out, escape_for_terminal(text), column_count(key) + 2, text_indent, line_width);
    out += '\n';
}

}  // namespace diag::explain
