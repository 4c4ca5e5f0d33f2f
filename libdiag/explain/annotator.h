#pragma once

#include <set>
#include <string>
#include <string_view>

#include "libdiag/base/bytes.h"
#include "libdiag/explain/log_text.h"
#include "libdiag/explain/reference.h"
#include "libdiag/report/text.h"

namespace diag::explain {

/// Copies a log and explains below each line what the tables know of the codes in it: in full where one occurs for the first
/// time, in one line afterwards.
///
/// Give it the input as it comes, in pieces of any size. Lines stay as they are but for what a terminal could obey
/// (harmless_line()); UTF-16 becomes UTF-8. A line longer than `max_line_size` is looked through in parts, so memory is
/// bounded; its explanations still come below its end.
class Annotator {
public:
    static constexpr std::size_t max_line_size = 64 * 1024;

    struct Settings {
        bool json = false;   ///< one object for each line with a reference, and no copy of the log
        bool quiet = false;  ///< only the lines with a reference
        bool brief = false;  ///< one line for each reference, also the first time
    };

    Annotator(const Settings& settings, const report::Style& style) : settings_{settings}, style_{style} {}

    /// Appends to `out` what can be said with these bytes.
    void add(Bytes bytes, std::string& out);
    /// The last line, where it has no end.
    void finish(std::string& out);

private:
    void take_text(std::string_view text, std::string& out);
    void take_part(std::string& out);
    void end_line(std::string& out, std::string_view line_end);
    void append_explanation(std::string& out, const Entry& entry);
    void append_object(std::string& out) const;

    Settings settings_;
    report::Style style_;
    LogText log_;
    ReferenceFinder finder_;
    std::string line_;      // what of the current line was not looked through yet
    std::string shown_;     // what of it was, fit for a terminal; kept where it may not be shown
    bool is_part_ = false;  // a part of the current line was copied already
    std::vector<std::pair<std::string, Entry>> references_;  // of the current line, with their text
    std::set<std::string> explained_;
    std::uint64_t line_count_ = 0;
};

}  // namespace diag::explain
