#include "libdiag/slmgr/dlv_text.h"

#include <fmt/format.h>

#include <optional>

#include "libdiag/base/hex.h"
#include "libdiag/base/utf.h"
#include "libdiag/slmgr/dlv_lines.h"

namespace diag::slmgr {
namespace {

constexpr std::uint32_t grace_time_expired = 0xC004F009;
constexpr std::uint32_t not_genuine = 0xC004F200;

std::string unknown_text(const std::string& reason) { return fmt::format("({})", escape_for_terminal(reason)); }

std::int64_t days_rounded_up(std::int64_t minutes) {
    constexpr std::int64_t day = 24 * 60;
    return minutes / day + (minutes % day > 0 ? 1 : 0);
}

// The value of a line as text; nullopt where the line is not printed.
class ValueText {
public:
    ValueText(const Dlv& dlv, const Line& line) : dlv_{dlv}, line_{line} {}

    std::optional<std::string> operator()(const TextValue& v) const {
        return of(dlv_.*v.member, [this](const std::string& text) { return escape_for_terminal(text) + tail(); });
    }
    std::optional<std::string> operator()(const IdValue& v) const {
        return of(dlv_.*v.member, [](const Uuid& id) { return to_string(id); });
    }
    std::optional<std::string> operator()(const NumberValue& v) const {
        return of(dlv_.*v.member, [this](std::int64_t number) { return std::to_string(number) + tail(); });
    }
    std::optional<std::string> operator()(const MinutesValue& v) const {
        return of(dlv_.*v.member, [](std::int64_t minutes) {
            return fmt::format("{} minute(s) ({} day(s))", minutes, days_rounded_up(minutes));
        });
    }
    std::optional<std::string> operator()(const ReasonValue& v) const {
        return of(dlv_.*v.member, [](std::uint32_t code) {
            const std::string_view meaning = code == grace_time_expired ? " (grace time expired)."
                                             : code == not_genuine      ? " (non-genuine)."
                                                                        : ".";
            return fmt::format("{}{}", format_code(code), meaning);
        });
    }
    std::optional<std::string> operator()(const MachineValue& v) const {
        const Fact<KmsMachine>& machine = dlv_.*v.member;
        if (machine.is_unknown() && v.source == KmsMachine::Source::dns) return unknown_text(machine.reason());
        if (!machine || machine->source != v.source) return std::nullopt;
        if (v.source == KmsMachine::Source::unavailable) return std::string{};
        return fmt::format("{}:{}", escape_for_terminal(machine->host), machine->port);
    }
    std::optional<std::string> operator()(const SentenceValue& v) const {
        if ((dlv_.*v.member).is(true)) return tail();
        return std::nullopt;
    }
    template <class T> std::optional<std::string> operator()(const ChoiceValue<T>& v) const {
        return of(dlv_.*v.member, [&v](const T& value) {
            for (const Word<T>& word : v.words) {
                if (word.value == value) return fmt::format("{}{}", word.text, word.more);
            }
            return std::string{};
        });
    }

private:
    std::string tail() const { return std::string{line_.tail}; }

    template <class T, class Text> static std::optional<std::string> of(const Fact<T>& fact, Text text) {
        if (fact.is_absent()) return std::nullopt;
        return fact ? text(*fact) : unknown_text(fact.reason());
    }

    const Dlv& dlv_;
    const Line& line_;
};

void open_block(std::string& out, const BlockForm& form) {
    if (form.block != Block::head) out += '\n';
    for (const std::string_view heading : {form.heading, form.second_heading}) {
        if (!heading.empty()) out.append(heading) += '\n';
    }
}

}  // namespace

void append_dlv(std::string& out, const Dlv& dlv) {
    std::optional<Block> open;
    for (const Line& line : all_lines()) {
        const auto value = std::visit(ValueText{dlv, line}, line.value);
        if (!value) continue;
        const BlockForm& form = form_of(line.block);
        if (open != line.block) open_block(out, form);
        open = line.block;
        // A sentence in an indented block is its heading.
        if (form.indented && !std::holds_alternative<SentenceValue>(line.value)) out += "    ";
        out.append(line.label).append(*value) += '\n';
    }
    for (const std::uint32_t code : dlv.error_codes) out += fmt::format("Error: {}\n", format_code(code));
}

}  // namespace diag::slmgr
