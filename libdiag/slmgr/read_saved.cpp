#include "libdiag/slmgr/read_saved.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "libdiag/base/line_text.h"
#include "libdiag/base/saved_text.h"
#include "libdiag/slmgr/saved_lines.h"
#include "libdiag/slmgr/saved_objects.h"

namespace diag::slmgr {
namespace {

using Problem = std::unexpected<std::string>;

constexpr std::string_view nothing_found =
    "no output of slmgr /dlv, /dli, /ato or /xpr, of ospp.vbs /dstatus, and no licensing objects as JSON in it; save "
    "it "
    "with: cscript //nologo slmgr.vbs /dlv > FILE";

bool may_begin_json(std::string_view line) {
    const std::string text = tidied(line);
    return text.starts_with('{') || text.starts_with('[');
}

// Text, JSON and lists of objects in turns, each read by its own reader.
class SavedReader {
public:
    std::expected<SavedOutput, std::string> read(std::string_view rest) {
        for (std::size_t count = 0; !rest.empty(); ++count) {
            if (count == limits::line_count)
                return Problem{fmt::format("more than {} lines: no saved output of slmgr", limits::line_count)};
            std::size_t used = take_objects(rest);
            if (used == 0) used = take_list(rest);
            if (used > 0) {
                rest.remove_prefix(used);
            } else if (!take_text_line(rest)) {
                return Problem{too_many()};
            }
            if (out_.products.size() > limits::product_count) return Problem{too_many()};
        }
        take_lines();
        if (out_.products.size() > limits::product_count) return Problem{too_many()};
        if (!out_.products.empty()) return std::move(out_);
        if (!json_error_.empty()) return Problem{fmt::format("{}: JSON that cannot be read", json_error_)};
        if (has_other_json_)
            return Problem{
                "JSON without licensing objects; save them with: Get-CimInstance SoftwareLicensingProduct | "
                "ConvertTo-Json"};
        return Problem{std::string{nothing_found}};
    }

private:
    static std::string too_many() {
        return fmt::format("more than {} products; save the output of one: slmgr /dlv ACTIVATION-ID",
                           limits::product_count);
    }

    // Bytes of a JSON value with licensing objects at the front of the text, 0 for anything else.
    std::size_t take_objects(std::string_view text) {
        std::string_view line = text;
        if (!may_begin_json(take_line(line)) || attempt_count_ == limits::json_attempts) return 0;
        ++attempt_count_;
        const std::size_t start = text.find_first_of("{[");
        auto found = read_objects(text.substr(start));
        if (!found) {
            if (attempt_count_ == 1) json_error_ = found.error();
            return 0;
        }
        has_other_json_ = has_other_json_ || found->products.empty();
        if (found->products.empty()) return start + found->used;
        take_lines();
        std::ranges::move(found->products, std::back_inserter(out_.products));
        return start + found->used;
    }

    // The same of objects as Format-List prints them: below an empty line, so that no line is looked at twice.
    std::size_t take_list(std::string_view text) {
        std::string_view line = text;
        if (!is_below_empty_ || tidied(take_line(line)).empty()) return 0;
        auto found = read_listed_objects(text);
        if (found.products.empty()) return 0;
        take_lines();
        std::ranges::move(found.products, std::back_inserter(out_.products));
        return found.used;
    }

    bool take_text_line(std::string_view& rest) {
        const std::string_view line = take_line(rest);
        is_below_empty_ = tidied(line).empty();
        return lines_.add(line);
    }

    void take_lines() {
        LineReader reader = std::exchange(lines_, {});
        if (reader.is_licensing()) std::ranges::move(reader.take(), std::back_inserter(out_.products));
    }

    SavedOutput out_;
    LineReader lines_;
    std::size_t attempt_count_ = 0;
    bool is_below_empty_ = true;
    std::string json_error_;
    bool has_other_json_ = false;
};

}  // namespace

std::expected<SavedOutput, std::string> read_saved(Bytes file) {
    if (file.size() > limits::file_size) {
        return Problem{fmt::format("too large for saved output of slmgr: {} bytes, at most {} are read", file.size(),
                                   limits::file_size)};
    }
    return SavedReader{}.read(any_text_of(file));
}

}  // namespace diag::slmgr
