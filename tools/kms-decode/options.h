#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "libdiag/cli/common_options.h"
#include "libdiag/decode/decoder.h"
#include "libdiag/lang/language.h"

namespace diag::tool {

/// What the command line asks for.
struct Options {
    bool help = false;
    bool version = false;
    bool outcome_list = false;             ///< --outcome list
    std::vector<std::string> files;        ///< "-" is standard input; with event_files, event logs may be among them
    std::vector<std::string> event_files;  ///< exported event logs, likewise
    std::vector<std::string> saved_files;  ///< saved output of slmgr and its like
    std::optional<std::string> interface;  ///< live capture instead of files
    std::optional<std::string> filter;     ///< BPF
    std::optional<std::string> keys_file;
    std::optional<std::string> write_file;
    bool redact = false;                         ///< pseudonyms in all that is written and reported
    std::optional<std::string> redact_key_file;  ///< what they follow from; without it they are others each time
    std::optional<std::uint64_t> packet_limit;
    std::optional<std::chrono::milliseconds> time_limit;
    std::uint32_t snapshot_size = 262'144;  ///< bytes a packet, live
    bool promiscuous = false;
    cli::Color color = cli::Color::automatic;
    lang::Language language = lang::Language::en;                       ///< of the text for people
    std::optional<check::Severity> fail_on = check::Severity::warning;  ///< from which on the exit status is not 0
    decode::Settings settings;
};

/// Parses the command line; the error is one line that says what is wrong.
std::expected<Options, std::string> parse_options(int argc, const char* const* argv);

/// What --help prints.
std::string help_text();

/// What --outcome list prints: a line each.
std::string outcome_list();

}  // namespace diag::tool
