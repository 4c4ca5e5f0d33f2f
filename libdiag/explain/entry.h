#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libdiag/check/finding.h"

namespace diag::explain {

enum class Kind : std::uint8_t {
    code,
    event,
    finding,
    product,
    application,
    counted_item,
    host_key,
    epid,
    rpc_interface,
};

/// "code", "event", "counted-item" ...: as JSON and --list have it.
std::string_view name_of(Kind kind);

/// A statement and how sure it is: "doc", "inf", "?" (marks.h), or nothing.
struct Statement {
    std::string_view mark;
    std::string_view text;
};

/// One value with its name: the key is for JSON, the label for people (an English text of the catalogue).
struct Fact {
    std::string_view key;
    std::string_view label;
    std::string value;
};

/// What is known of one thing that somebody can ask about. Views are of tables, and live as long as the program; they are
/// English, and who shows them to people calls lang::tr().
struct Entry {
    Kind kind = Kind::code;
    std::string key;           ///< "0xC004F074", "12290", "KMS-CONNECT-REFUSED", a GUID, an ePID
    std::string_view name;     ///< a symbol or a product's name; may be empty
    std::string_view meaning;  ///< one sentence; may be empty where the name says it all
    std::vector<Fact> facts = {};
    std::vector<std::string_view> causes = {};  ///< most likely first
    std::vector<std::string_view> checks = {};  ///< what to check; of a finding, who does what
    std::string_view to_be_sure = {};           ///< of a finding: how to settle which cause it is
    std::vector<Statement> wire = {};           ///< what a capture shows
    std::vector<std::string_view> events = {};  ///< which event logs to read
    std::vector<Statement> notes = {};
    std::vector<std::string_view> sources = {};
    std::vector<const check::Rule*> ends_in = {};     ///< findings after which the Windows client shows this code
    std::vector<const check::Rule*> logged_for = {};  ///< and those for which its event 12288 carries it
    std::vector<const check::Rule*> read_for = {};    ///< of an event: findings for which it is read
};

/// The marks that occur in an entry, each once, in the order of marks.h.
std::vector<std::string_view> marks_of(const Entry& entry);

}  // namespace diag::explain
