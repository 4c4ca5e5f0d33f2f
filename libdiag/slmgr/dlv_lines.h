#pragma once

#include <span>
#include <string_view>
#include <variant>

#include "libdiag/slmgr/dlv.h"

namespace diag::slmgr {

// The lines of slmgr /dlv, described once: dlv_text.h writes them from this table, read_saved.h reads them with it.

enum class Side : std::uint8_t { both, client, host };

/// Lines that belong together and begin with a heading.
enum class Block : std::uint8_t {
    head,
    product,
    kms_client,
    warning,
    ad_client,
    token_client,
    vm_client,
    host,
    requests
};

struct BlockForm {
    Block block;
    Side side;
    bool indented;
    std::string_view heading;         ///< stands above the block; may be empty
    std::string_view second_heading;  ///< below the first
};
std::span<const BlockForm> all_blocks();
const BlockForm& form_of(Block block);

/// "Name: TEXT"
struct TextValue {
    Fact<std::string> Dlv::*member;
};
/// "Activation ID: GUID"
struct IdValue {
    Fact<Uuid> Dlv::*member;
};
/// "Current count: 27"
struct NumberValue {
    Fact<std::int64_t> Dlv::*member;
};
/// "Time remaining: 43200 minute(s) (30 day(s))"; days are rounded up
struct MinutesValue {
    Fact<std::int64_t> Dlv::*member;
};
/// "Notification Reason: 0xC004F009 (grace time expired)."
struct ReasonValue {
    Fact<std::uint32_t> Dlv::*member;
};
/// "KMS machine name from DNS: HOST:PORT". Three lines stand for one member; the source says which of them.
struct MachineValue {
    Fact<KmsMachine> Dlv::*member;
    KmsMachine::Source source;
};
/// A sentence that is there or not. Only the label counts when reading.
struct SentenceValue {
    Fact<bool> Dlv::*member;
};
/// One of several words. Only `text` counts when reading, and the longest wins.
template <class T> struct Word {
    T value;
    std::string_view text;
    std::string_view more = {};
};
template <class T> struct ChoiceValue {
    Fact<T> Dlv::*member;
    std::span<const Word<T>> words;
};

using Value =
    std::variant<TextValue, IdValue, NumberValue, MinutesValue, ReasonValue, MachineValue, SentenceValue,
                 ChoiceValue<bool>, ChoiceValue<LicenseStatus>, ChoiceValue<ActivationType>, ChoiceValue<Priority>>;

struct Line {
    std::string_view key;    ///< "activation_id": the member's name, for JSON and tests
    std::string_view label;  ///< as slmgr prints it, up to the value
    Block block;
    Value value;
    std::string_view tail = {};  ///< behind the value; not needed when reading
};

/// In the order in which slmgr prints them.
std::span<const Line> all_lines();

}  // namespace diag::slmgr
