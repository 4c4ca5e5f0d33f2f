#include "libdiag/explain/annotator.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/base/text_width.h"
#include "libdiag/base/utf.h"
#include "libdiag/explain/labels.h"
#include "libdiag/lang/language.h"
#include "libdiag/report/json_writer.h"

namespace diag::explain {
namespace {

using lang::tr;

using report::line_width;
constexpr std::size_t max_explained = 4096;
constexpr std::string_view mark = "    >> ";
constexpr int schema_version = 1;

std::string headline(const Entry& entry) {
    std::string text = entry.kind == Kind::event ? fmt::format("{} {}", tr(label::event), entry.key) : entry.key;
    if (!entry.name.empty()) text += fmt::format(" {}", entry.name);
    if (!entry.meaning.empty()) text += fmt::format(": {}", tr(entry.meaning));
    return escape_for_terminal(text);
}

void append_item(std::string& text, std::string_view item) {
    if (!text.empty()) text += text.ends_with('.') || text.ends_with("。") ? " " : "; ";
    text += item;
}

std::string joined(std::span<const std::string_view> texts) {
    std::string text;
    for (const std::string_view item : texts) append_item(text, tr(item));
    return text;
}

// Codes, events and findings have causes and checks instead.
std::string joined_facts(const Entry& entry) {
    std::string text;
    if (entry.kind == Kind::code || entry.kind == Kind::event || entry.kind == Kind::finding) return text;
    for (const Fact& fact : entry.facts) append_item(text, fmt::format("{}: {}", tr(fact.label), fact.value));
    return text;
}

// What to do stands under the name that it has in the entry.
std::string_view action_label(const Entry& entry) {
    return entry.kind == Kind::finding ? label::remedy_line : label::check;
}

void append_labelled(std::string& out, const Entry& entry, std::string_view text_label, std::string_view text) {
    if (text.empty()) return;
    const std::string_view word = tr(text_label);
    const std::size_t width = std::max({column_count(tr(label::cause)), column_count(tr(action_label(entry))),
                                        column_count(tr(label::more))}) +
                              1;
    const std::size_t column = mark.size() + width;
    out.append(mark.size(), ' ');
    out += word;
    out.append(width - column_count(word), ' ');
    report::append_wrapped(out, escape_for_terminal(text), column, column, line_width);
    out += '\n';
}

}  // namespace

void Annotator::add(Bytes bytes, std::string& out) { take_text(log_.add(bytes), out); }

void Annotator::finish(std::string& out) {
    take_text(log_.finish(), out);
    if (!line_.empty() || is_part_) end_line(out, {});
}

void Annotator::take_text(std::string_view text, std::string& out) {
    while (!text.empty()) {
        const std::size_t room = max_line_size - line_.size();
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (end > room) {
            line_ += text.substr(0, room);
            text.remove_prefix(room);
            take_part(out);
            continue;
        }
        line_ += text.substr(0, end);
        if (end == text.size()) return;
        text.remove_prefix(end + 1);
        end_line(out, "\n");
    }
}

// Looks a line, or a part of a long one, through.
void Annotator::take_part(std::string& out) {
    for (Reference& reference : finder_.find(line_)) {
        const auto is_it = [&](const auto& known) { return known.second.key == reference.entry.key; };
        if (references_.size() < ReferenceFinder::max_per_line && std::ranges::none_of(references_, is_it))
            references_.emplace_back(reference.text, std::move(reference.entry));
    }
    if (!settings_.json) shown_ += harmless_line(line_);
    if (!settings_.quiet || !references_.empty()) {
        out += shown_;
        shown_.clear();
    }
    // Of a long line without a reference, quiet copies the last part before the first one.
    if (shown_.size() > max_line_size) shown_.clear();
    line_.clear();
    is_part_ = true;
}

void Annotator::end_line(std::string& out, std::string_view line_end) {
    ++line_count_;
    if (line_.ends_with('\r') && !line_end.empty()) {
        line_.pop_back();
        line_end = "\r\n";
    }
    take_part(out);
    is_part_ = false;
    shown_.clear();
    const bool is_copied = !settings_.json && (!settings_.quiet || !references_.empty());
    // An explanation begins a line, also behind a last one without an end.
    if (is_copied) out += line_end.empty() && !references_.empty() ? "\n" : line_end;
    if (references_.empty()) return;
    if (settings_.json) {
        append_object(out);
    } else {
        for (const auto& [text, entry] : references_) append_explanation(out, entry);
    }
    references_.clear();
}

void Annotator::append_explanation(std::string& out, const Entry& entry) {
    const bool is_new = !explained_.contains(entry.key) && explained_.size() < max_explained;
    std::string text = headline(entry);
    if (!is_new || settings_.brief) {
        constexpr std::string_view cut = "...";
        const std::size_t room = line_width - mark.size();
        if (column_count(text) > room) text = fmt::format("{}{}", fitting_prefix(text, room - cut.size()), cut);
        out += style_.faint(fmt::format("{}{}", mark, text)) + '\n';
        return;
    }
    explained_.insert(entry.key);
    out += mark;
    report::append_wrapped(out, text, mark.size(), mark.size(), line_width);
    out += '\n';
    append_labelled(out, entry, label::cause, joined(entry.causes));
    append_labelled(out, entry, action_label(entry), joined(entry.checks));
    append_labelled(out, entry, label::more, joined_facts(entry));
    if (!entry.ends_in.empty() || !entry.logged_for.empty() || entry.kind == Kind::finding)
        append_labelled(out, entry, label::more, fmt::format("kms-explain {}", entry.key));
}

void Annotator::append_object(std::string& out) const {
    report::JsonWriter json{out};
    json.begin_object();
    json.member("schema_version", schema_version);
    json.plain_member("kind", "annotation");
    json.member("line", line_count_);
    json.key("references").begin_array();
    for (const auto& [text, entry] : references_) {
        json.begin_object();
        json.member("text", std::string_view{text});
        json.plain_member("subject", name_of(entry.kind));
        json.member("id", std::string_view{entry.key});
        json.text_or_null("name", entry.name);
        json.text_or_null("meaning", entry.meaning);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    out += '\n';
}

}  // namespace diag::explain
