#include "libdiag/slmgr/saved_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "libdiag/base/line_text.h"
#include "libdiag/slmgr/dlv_lines.h"
#include "libdiag/slmgr/line_value.h"
#include "libdiag/slmgr/ospp_lines.h"
#include "libdiag/slmgr/read_saved.h"
#include "libdiag/slmgr/saved_words.h"

namespace diag::slmgr {
namespace {

// What surrounds the output: the banner of cscript, the title and the button of the message box.
constexpr std::string_view furniture[] = {
    "Microsoft (R) Windows Script Host",
    "Windows Script Host",
    "OK",
};

// A console is 80 columns wide or wider; a line that it broke fills it, save for a blank at its end.
constexpr std::size_t wrapped_size = 79;

bool is_rule(std::string_view text) {
    return text.size() >= 3 && text.find_first_not_of(text.front()) == std::string_view::npos &&
           (text.front() == '-' || text.front() == '=');
}

bool is_furniture(std::string_view text) {
    if (text.size() == 2) return equals_word(text, "OK");
    const auto opens = [text](std::string_view start) { return start.size() > 2 && starts_with_word(text, start); };
    // The line below the banner, of which only this is the same in every language.
    if (contains_word(text, "(C) Microsoft Corporation")) return true;
    return is_rule(text) || std::ranges::any_of(furniture, opens);
}

// A console breaks lines without indenting the rest; a document that quotes them may indent both.
std::string_view without_indent_of(std::string_view first, std::string_view rest) {
    const std::size_t indent = std::min(first.find_first_not_of(' '), first.size());
    const std::size_t own = std::min(rest.find_first_not_of(' '), rest.size());
    return own >= indent ? rest.substr(indent) : rest;
}

bool is_heading(std::string_view text) {
    return std::ranges::any_of(all_blocks(), [text](const BlockForm& form) {
        return (!form.heading.empty() && starts_with_word(text, form.heading)) ||
               (!form.second_heading.empty() && starts_with_word(text, form.second_heading));
    });
}

// Labels that only the script in English has: the others are the same in some translation.
bool is_english_label(const Line& line) { return line.key == "license_status" || line.key == "partial_key"; }

bool has_product(const Dlv& dlv) {
    return !(dlv.name.is_absent() && dlv.description.is_absent() && dlv.activation_id.is_absent() &&
             dlv.license_status.is_absent());
}

// What /ato and /xpr print of a product is a few lines; any other that is about a product begins the next.
bool is_short_kind(const Dlv& dlv) { return dlv.kind == SavedKind::ato || dlv.kind == SavedKind::xpr; }

}  // namespace

bool LineReader::add(std::string_view raw) {
    const std::string text = tidied(raw);
    if (text.empty() || is_furniture(text) || is_heading(text)) {
        if (starts_with_word(text, form_of(Block::requests).heading)) form_.on_requests_heading();
        last_ = {};
        return true;
    }
    if (raw.size() > limits::line_size) {
        count_unknown({});
        return true;
    }
    if (read_attempt(text) || read_error(text) || read_ospp(text)) return fits();
    const bool has_name_line = !name_line_.empty();
    if (const Line* line = read(text)) {
        if (has_name_line) take_name_for(*line);
        last_ = {std::string{raw}, line};
        count_known(*line);
    } else if (!continue_last(raw)) {
        read_unlabelled(raw, text);
    }
    return fits();
}

bool LineReader::fits() const { return products_.size() <= limits::product_count; }

bool LineReader::is_licensing() const {
    const auto has_end = [](const Dlv& d) { return d.product_not_found.is(true) || !d.attempt.is_absent(); };
    return has_errors_ || (known_count_ >= 2 && telling_count_ >= 1) || std::ranges::any_of(products_, has_end);
}

std::vector<Dlv> LineReader::take() {
    finish_product();
    return std::move(products_);
}

Dlv& LineReader::current() {
    if (products_.empty()) products_.emplace_back();
    return products_.back();
}

void LineReader::begin_product() {
    finish_product();
    products_.emplace_back();
}

// /dli shows no ids and no version; what shows nothing but how a command ended was no listing.
void LineReader::finish_product() {
    if (!products_.empty()) {
        Dlv& dlv = products_.back();
        form_.finish(dlv);
        const bool has_ids = !(dlv.activation_id.is_absent() && dlv.application_id.is_absent() &&
                               dlv.service_version.is_absent() && dlv.installation_id.is_absent());
        const bool is_listing = !(dlv.description.is_absent() && dlv.name.is_absent());
        if (dlv.kind == SavedKind::dlv && !has_ids) dlv.kind = is_listing ? SavedKind::dli : SavedKind::ato;
    }
    form_ = {};
    attempt_ = {};
    name_line_.clear();
}

// A name, or the version above it, begins another product as soon as the current one has a fact of its own; so does a
// second description, where the name is missing.
void LineReader::begin_product_for(const Line& line) {
    const Dlv& dlv = current();
    const bool begins = line.block == Block::head || line.key == "name" ||
                        (line.key == "description" && (!dlv.description.is_absent() || is_short_kind(dlv)));
    if (!has_product(dlv) || !begins) return;
    const std::string name_line = std::exchange(name_line_, {});
    begin_product();
    if (line.key == "description") name_line_ = name_line;
}

const Line* LineReader::read(std::string_view text) {
    for (const Line& line : all_lines()) {
        if (!has_label(text, line)) continue;
        begin_product_for(line);
        if (!read_line(text, line, current())) continue;
        if (is_english_label(line)) form_.on_known_label();
        return &line;
    }
    return nullptr;
}

// A line that says nothing by itself may be the rest of the one before.
bool LineReader::continue_last(std::string_view raw) {
    if (last_.raw.empty() || last_.raw.size() + raw.size() > limits::line_size) return false;
    if (last_.line != nullptr) return continue_known(raw);
    const std::size_t counted_in = products_.size() - 1;  // the line may begin another product
    for (const std::string_view gap : {"", " "}) {
        const std::string joined = fmt::format("{}{}{}", last_.raw, gap, raw);
        if (const Line* line = read(tidied(joined))) {
            --products_[counted_in].unknown_line_count;
            count_known(*line);
            last_ = {joined, line};
            return true;
        }
    }
    return false;
}

bool LineReader::continue_known(std::string_view raw) {
    const bool is_broken = last_.raw.size() >= wrapped_size || tidied(last_.raw).ends_with(':');
    if (!is_broken || tidied(raw).find(": ") != std::string::npos) return false;
    std::string joined = fmt::format("{}{}", last_.raw, without_indent_of(last_.raw, raw));
    if (!read_line(tidied(joined), *last_.line, current())) return false;
    last_.raw = std::move(joined);
    return true;
}

// Above a description stands the name of the product; above a directory object's path, its name.
void LineReader::take_name(Fact<std::string>& name) {
    if (name_line_.empty() || !name.is_absent()) return;
    name = std::string{value_of(name_line_)};
    --products_[name_counted_in_].unknown_line_count;
}

void LineReader::take_name_for(const Line& line) {
    if (line.key == "description") take_name(current().name);
    if (line.key == "ad_object_dn") take_name(current().ad_object_name);
}

void LineReader::begin_product_for(std::string_view text) {
    const Dlv& dlv = current();
    const bool is_version = is_version_by_form(text) && has_product(dlv);
    const bool is_description = is_description_by_form(text) && (!dlv.description.is_absent() || is_short_kind(dlv));
    if (!is_version && !is_description) return;
    const std::string name_line = std::exchange(name_line_, {});
    begin_product();
    name_line_ = name_line;
}

void LineReader::read_unlabelled(std::string_view raw, std::string_view text) {
    begin_product_for(text);
    Dlv& dlv = current();
    const bool had_description = !dlv.description.is_absent();
    const bool had_path = !dlv.ad_object_dn.is_absent();
    if (!form_.read(text, dlv)) {
        read_code(raw, text);
        return;
    }
    if (!had_description && !dlv.description.is_absent()) take_name(dlv.name);
    if (!had_path && !dlv.ad_object_dn.is_absent()) take_name(dlv.ad_object_name);
    name_line_.clear();
    last_ = {};
    ++known_count_;
    if (!value_of(text).empty()) ++telling_count_;
}

// What is left: a code that nothing else explains is that of an error.
void LineReader::read_code(std::string_view raw, std::string_view text) {
    if (const std::uint32_t code = failure_code_in(text)) {
        add_error(code);
        last_ = {};
        return;
    }
    count_unknown(raw);
    name_line_ = value_of(text).empty() ? std::string_view{} : text;
    name_counted_in_ = products_.size() - 1;
}

void LineReader::add_error(std::uint32_t code) {
    auto& codes = current().error_codes;
    if (codes.size() < limits::error_count) codes.push_back(code);
}

bool LineReader::read_attempt(std::string_view text) {
    if (AttemptReader::begins(text)) {
        ++known_count_;  // says as much as two other lines
        if (current() != Dlv{}) begin_product();
        attempt_.begin(text, current());
    } else if (!attempt_.read(text, current())) {
        return false;
    }
    last_ = {};
    ++known_count_;
    ++telling_count_;
    return true;
}

// "Error: 0xC004F074 ..."; a sentence about a missing product or key has no code.
bool LineReader::read_error(std::string_view text) {
    const auto rest = behind_error_label(text);
    if (!rest) return false;
    last_ = {};
    if (const auto code = leading_code(*rest)) {
        add_error(*code);
        has_errors_ = true;
    } else if (const std::uint32_t inner = failure_code_in(*rest)) {
        add_error(inner);
    } else if (says_not_found(*rest)) {
        current().product_not_found = true;
    } else {
        count_unknown({});
    }
    return true;
}

bool LineReader::read_ospp(std::string_view text) {
    OsppLine done = read_ospp_line(text, current());
    if (done == OsppLine::begins) {
        begin_product();
        done = read_ospp_line(text, current());
    }
    if (done != OsppLine::read) return false;
    last_ = {};
    if (current().kind == SavedKind::dlv) return true;  // so far only what stands around it
    form_.on_known_label();
    ++known_count_;
    ++telling_count_;
    return true;
}

// Many kinds of text have lines that begin with "Name:" or "Description:"; those alone are no sign of slmgr.
void LineReader::count_known(const Line& line) {
    ++known_count_;
    if (line.key != "name" && line.key != "description") ++telling_count_;
    name_line_.clear();
}

void LineReader::count_unknown(std::string_view raw) {
    ++current().unknown_line_count;
    last_ = {std::string{raw}, nullptr};
    name_line_.clear();
}

}  // namespace diag::slmgr
