#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "libdiag/slmgr/dlv.h"

namespace diag::slmgr {

/// Reads the lines of one product whose labels no table has, by the form of the value and the place of the line: ids, extended
/// PIDs, channels, host names, numbers and codes look the same on every display language, and the lines come in one order.
class FormReader {
public:
    /// True where the line gave a fact that was absent, or has its known place without giving one (headings).
    bool read(std::string_view text, Dlv& dlv);

    /// The product has labels that are known: then only the form counts, and a line that is new to us stays unknown.
    void on_known_label() { has_known_labels_ = true; }

    /// The counters of a host follow.
    void on_requests_heading() { in_requests_ = true; }

    /// All lines of the product were read: what only the whole tells.
    void finish(Dlv& dlv) const;

private:
    bool read_by_place(std::string_view text, std::string_view value, Dlv& dlv);
    bool read_sentence(std::string_view text, Dlv& dlv);
    bool read_host_sentence(std::string_view text, Dlv& dlv);
    bool read_number(std::string_view value, Dlv& dlv);
    bool read_minutes(std::string_view value, const Dlv& dlv);
    void finish_status(Dlv& dlv) const;

    bool has_known_labels_ = false;
    std::vector<std::int64_t> settings_;  // of a host: count, port
    std::vector<std::int64_t> requests_;  // of a host: the counters below their heading
    bool in_requests_ = false;
    std::int64_t minutes_ = -1;  // what they are is told by the status, which may follow from later lines
};

/// Whether a line is a description by its form, with a channel in capitals at its end: then a product begins, or goes on.
bool is_description_by_form(std::string_view text);

/// Whether a line is the version of the licensing service by its form ("10.0.19041.3996"): it stands above a product.
bool is_version_by_form(std::string_view text);

/// Behind the first colon, which ends the label.
std::string_view value_of(std::string_view text);

}  // namespace diag::slmgr
