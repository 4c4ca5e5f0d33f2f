#include "libdiag/slmgr/attempt_form.h"

#include <algorithm>
#include <optional>

#include "libdiag/base/line_text.h"
#include "libdiag/slmgr/line_value.h"
#include "libdiag/slmgr/saved_words.h"

namespace diag::slmgr {
namespace {

constexpr std::string_view name_end = " edition";

// "Windows(R), Enterprise edition" at the end of the text, whatever stands in front of it.
std::optional<std::string_view> product_name_at_end(std::string_view text) {
    if (!text.ends_with(name_end)) return std::nullopt;
    std::size_t start = std::string_view::npos;
    for (const std::string_view family : {"Windows", "Office"}) start = std::min(start, text.find(family));
    return start == std::string_view::npos ? std::nullopt : std::optional{text.substr(start)};
}

struct Begin {
    std::string_view name;
    Uuid id;
    std::string_view rest;  ///< behind the id
};

std::optional<Begin> activating(std::string_view text) {
    constexpr std::size_t id_size = 36;
    const std::size_t open = text.find(" (");
    for (std::size_t at = open; at != std::string_view::npos; at = text.find(" (", at + 1)) {
        if (text.size() < at + id_size + 3 || text[at + 2 + id_size] != ')') continue;
        const auto id = Uuid::parse(text.substr(at + 2, id_size));
        const auto name = product_name_at_end(text.substr(0, at));
        if (id && name) return Begin{*name, *id, text.substr(at + id_size + 3)};
    }
    return std::nullopt;
}

// The sentence ends with dots in every language; a console may break it before.
bool is_whole(std::string_view rest) { return rest.ends_with("...") || rest.ends_with("…"); }

bool is_sentence(std::string_view text) { return text.ends_with('.') || text.ends_with("。"); }

// From the first digit to the last, with the half of the day behind it.
std::string_view date_in(std::string_view text) {
    const std::size_t first = text.find_first_of("0123456789");
    if (first == std::string_view::npos) return {};
    std::size_t end = text.find_last_of("0123456789") + 1;
    for (const std::string_view half : {" AM", " PM"}) {
        if (text.substr(end).starts_with(half)) end += half.size();
    }
    return text.substr(first, end - first);
}

bool has_date(std::string_view text) {
    const std::string_view date = date_in(text);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return std::ranges::count_if(date, is_digit) >= 4 && date.find_first_of("/.-") != std::string_view::npos;
}

}  // namespace

std::uint32_t failure_code_in(std::string_view text) {
    for (std::size_t at = text.find("0x"); at != std::string_view::npos; at = text.find("0x", at + 2)) {
        const auto code = leading_code(text.substr(at));
        if (code && (*code >> 31) != 0) return *code;
    }
    return 0;
}

bool AttemptReader::begins(std::string_view text) {
    if (activating(text)) return true;
    return text.ends_with(':') && product_name_at_end(text.substr(0, text.size() - 1)).has_value() &&
           text.find(": ") == std::string_view::npos;
}

void AttemptReader::begin(std::string_view text, Dlv& dlv) {
    if (const auto found = activating(text)) {
        dlv.kind = SavedKind::ato;
        dlv.name = std::string{found->name};
        dlv.activation_id = found->id;
        awaited_ = is_whole(found->rest) ? Awaited::end_of_attempt : Awaited::rest_of_sentence;
    } else {
        dlv.kind = SavedKind::xpr;
        dlv.name = std::string{*product_name_at_end(text.substr(0, text.size() - 1))};
        awaited_ = Awaited::state;
    }
}

bool AttemptReader::read(std::string_view text, Dlv& dlv) {
    switch (awaited_) {
        case Awaited::nothing: return false;
        case Awaited::rest_of_sentence:
            if (is_whole(text)) awaited_ = Awaited::end_of_attempt;
            return failure_code_in(text) == 0;
        case Awaited::end_of_attempt: awaited_ = Awaited::nothing; return read_end(text, dlv);
        case Awaited::state: awaited_ = Awaited::nothing; return read_state(text, dlv);
    }
    return false;
}

// A failure has a label in front of its sentence ("Error: ..."), and the name of slui.exe where Windows is not genuine.
bool AttemptReader::read_end(std::string_view text, Dlv& dlv) {
    if (failure_code_in(text) != 0) return false;
    const bool has_label = text.find(": ") != std::string_view::npos;
    if (text.find("0x") != std::string_view::npos) return false;  // a code that is no failure
    if (contains_word(text, "slui.exe")) {
        dlv.attempt = AttemptEnd::non_genuine;
    } else if (has_label && is_sentence(text)) {
        dlv.attempt = AttemptEnd::failed;
    } else if (!has_label && is_sentence(text) && text.find_first_of("\\>/") == std::string_view::npos) {
        dlv.attempt = AttemptEnd::activated;
    }
    return !dlv.attempt.is_absent();
}

bool AttemptReader::read_state(std::string_view text, Dlv& dlv) {
    const bool is_limited = has_date(text);
    if (is_limited) dlv.expires = std::string{date_in(text)};
    if (const auto status = status_of_sentence(text)) {
        dlv.license_status = *status;
        return true;
    }
    if (failure_code_in(text) != 0) return false;
    dlv.license_status = Fact<LicenseStatus>::unknown(is_limited ? "limited in time, in words that are not known"
                                                                 : "in words that are not known");
    return true;
}

}  // namespace diag::slmgr
