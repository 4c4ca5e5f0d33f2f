#include "libdiag/slmgr/read_dlv.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/base/line_text.h"
#include "libdiag/base/saved_text.h"
#include "libdiag/slmgr/dlv_lines.h"
#include "libdiag/slmgr/line_form.h"
#include "libdiag/slmgr/line_value.h"

namespace diag::slmgr {
namespace {

// What surrounds the output: the banner of cscript, the title and the button of the message box.
constexpr std::string_view furniture[] = {
    "Microsoft (R) Windows Script Host",
    "Copyright (C) Microsoft Corporation",
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

class DlvReader {
public:
    // False: more products than the limit.
    bool add(std::string_view raw) {
        const std::string text = tidied(raw);
        if (text.empty() || is_furniture(text) || is_heading(text)) {
            last_ = {};
            return true;
        }
        if (raw.size() > limits::line_size) {
            count_unknown({});
            return true;
        }
        if (read_error(text)) return true;
        if (const Line* line = read(text)) {
            last_ = {std::string{raw}, line};
            count_known(*line);
        } else if (!continue_last(raw)) {
            read_unlabelled(raw, text);
        }
        return products_.size() <= limits::product_count;
    }

    bool is_slmgr() const {
        const bool has_errors = std::ranges::any_of(
            products_, [](const Dlv& d) { return !d.error_codes.empty() || d.product_not_found.is(true); });
        return (known_count_ >= 2 && telling_count_ >= 1) || has_errors;
    }
    std::vector<Dlv> take() { return std::move(products_); }

private:
    // The line read last, for one that a console broke: as it stood, and what it was taken for (nullptr: unknown).
    struct Last {
        std::string raw;
        const Line* line = nullptr;
    };

    Dlv& current() {
        if (products_.empty()) products_.emplace_back();
        return products_.back();
    }

    // A name, or the version above it, begins another product as soon as the current one has a fact of its own; so does a
    // second description, where the name is missing.
    void begin_product_for(const Line& line) {
        const Dlv& dlv = current();
        const bool has_product = !(dlv.name.is_absent() && dlv.description.is_absent() &&
                                   dlv.activation_id.is_absent() && dlv.license_status.is_absent());
        const bool begins = line.block == Block::head || line.key == "name" ||
                            (line.key == "description" && !dlv.description.is_absent());
        if (has_product && begins) products_.emplace_back();
    }

    const Line* read(std::string_view text) {
        for (const Line& line : all_lines()) {
            if (!has_label(text, line)) continue;
            begin_product_for(line);
            if (read_line(text, line, current())) return &line;
        }
        return nullptr;
    }

    // A line that says nothing by itself may be the rest of the one before.
    bool continue_last(std::string_view raw) {
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

    bool continue_known(std::string_view raw) {
        const bool is_broken = last_.raw.size() >= wrapped_size || tidied(last_.raw).ends_with(':');
        if (!is_broken || tidied(raw).find(": ") != std::string::npos) return false;
        std::string joined = fmt::format("{}{}", last_.raw, without_indent_of(last_.raw, raw));
        if (!read_line(tidied(joined), *last_.line, current())) return false;
        last_.raw = std::move(joined);
        return true;
    }

    void read_unlabelled(std::string_view raw, std::string_view text) {
        if (is_description_by_form(text) && !current().description.is_absent()) products_.emplace_back();
        if (read_by_form(text, current())) {
            ++known_count_;
            ++telling_count_;
            last_ = {};
        } else {
            count_unknown(raw);
        }
    }

    // "Error: 0xC004F074 ..."; a sentence about a missing product or key has no code.
    bool read_error(std::string_view text) {
        constexpr std::string_view label = "Error:";
        if (!starts_with_word(text, label)) return false;
        const std::string_view rest = trimmed(text.substr(label.size()));
        Dlv& dlv = current();
        last_ = {};
        if (const auto code = leading_code(rest)) {
            if (dlv.error_codes.size() < limits::error_count) dlv.error_codes.push_back(*code);
        } else if (starts_with_word(rest, "product") && contains_word(rest, "not found")) {
            dlv.product_not_found = true;
        } else {
            count_unknown({});
        }
        return true;
    }

    // Many kinds of text have lines that begin with "Name:" or "Description:"; those alone are no sign of slmgr.
    void count_known(const Line& line) {
        ++known_count_;
        if (line.key != "name" && line.key != "description") ++telling_count_;
    }
    void count_unknown(std::string_view raw) {
        ++current().unknown_line_count;
        last_ = {std::string{raw}, nullptr};
    }

    std::vector<Dlv> products_;
    std::size_t known_count_ = 0;
    std::size_t telling_count_ = 0;
    Last last_;
};

}  // namespace

std::expected<std::vector<Dlv>, std::string> read_dlv(Bytes file) {
    if (file.size() > limits::file_size) {
        return std::unexpected{fmt::format("too large for the output of slmgr /dlv: {} bytes, at most {} are read",
                                           file.size(), limits::file_size)};
    }
    const std::string text = text_of(file);
    std::string_view rest = text;
    DlvReader reader;
    for (std::size_t count = 0; !rest.empty(); ++count) {
        if (count == limits::line_count)
            return std::unexpected{fmt::format("more than {} lines: no output of slmgr /dlv", limits::line_count)};
        if (!reader.add(take_line(rest)))
            return std::unexpected{fmt::format(
                "more than {} products; save the output of one: slmgr /dlv ACTIVATION-ID", limits::product_count)};
    }
    if (!reader.is_slmgr()) {
        return std::unexpected{
            std::string{"no output of slmgr /dlv or /dli in it; save it with: cscript //nologo slmgr.vbs /dlv > FILE"}};
    }
    return reader.take();
}

}  // namespace diag::slmgr
