#include "libdiag/slmgr/object_list.h"

#include <boost/json/string.hpp>

#include "libdiag/base/line_text.h"
#include "libdiag/base/saved_text.h"

namespace diag::slmgr {
namespace {

constexpr std::string_view blanks = " \t";

struct ListedMember {
    std::string_view name, value;
};

bool is_name(std::string_view text) {
    constexpr std::string_view characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

// Unlike in the output of the script the names have no blanks within, and at least one before the colon.
std::optional<ListedMember> member_in(std::string_view line) {
    const std::size_t end = line.find_first_of(blanks);
    if (end == std::string_view::npos || !is_name(line.substr(0, end))) return std::nullopt;
    const std::size_t colon = line.find_first_not_of(blanks, end);
    if (colon == std::string_view::npos || line[colon] != ':') return std::nullopt;
    const std::string_view value = line.substr(colon + 1);
    if (!value.empty() && blanks.find(value.front()) == std::string_view::npos) return std::nullopt;
    return ListedMember{line.substr(0, end), trimmed(value)};
}

// Lines are broken between words; ids, numbers and URLs have none, and are broken where the line is full.
void append(boost::json::string& value, std::string_view more) {
    const bool has_words = value.find(' ') != boost::json::string::npos || more.find(' ') != std::string_view::npos;
    if (has_words) value.push_back(' ');
    value.append(more.begin(), more.end());
}

bool is_empty(std::string_view line) { return tidied(line).empty(); }

}  // namespace

std::optional<ListedObject> listed_object(std::string_view text) {
    ListedObject out;
    boost::json::string* last = nullptr;
    for (std::string_view rest = text; !rest.empty(); out.used = text.size() - rest.size()) {
        const std::string_view line = take_line(rest);
        if (is_empty(line)) {
            if (last != nullptr) break;
        } else if (const auto member = member_in(line)) {
            last = &(out.members[member->name] = member->value).get_string();
        } else if (last != nullptr && blanks.find(line.front()) != std::string_view::npos) {
            append(*last, trimmed(line));
        } else {
            break;
        }
    }
    return last == nullptr ? std::nullopt : std::optional{std::move(out)};
}

}  // namespace diag::slmgr
