#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "libdiag/base/hex.h"
#include "libdiag/session/fault.h"

namespace diag::session {
namespace {

using Problem = std::unexpected<std::string>;

template <class T> std::optional<T> parse_number(std::string_view text) {
    const bool is_hex = text.starts_with("0x") || text.starts_with("0X");
    if (is_hex) text.remove_prefix(2);
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, is_hex ? 16 : 10);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<std::uint32_t> parse_version(std::string_view text) {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const auto major = parse_number<std::uint16_t>(text.substr(0, dot));
    const auto minor = parse_number<std::uint16_t>(text.substr(dot + 1));
    if (!major || !minor) return std::nullopt;
    return std::uint32_t{*major} << 16 | *minor;
}

std::uint32_t max_argument(const FaultInfo& info) {
    if (info.argument == FaultArgument::milliseconds) return 24 * 3600 * 1000;
    if (info.argument == FaultArgument::size) return 5000;
    // Reasons and lengths are 16 bits wide; a call id has 32.
    const bool is_wide = info.argument != FaultArgument::number || info.kind == FaultKind::wrong_call_id;
    return is_wide ? std::numeric_limits<std::uint32_t>::max() : std::numeric_limits<std::uint16_t>::max();
}

std::expected<std::uint32_t, std::string> parse_argument(const FaultInfo& info, std::optional<std::string_view> text) {
    if (!text) {
        if (info.argument == FaultArgument::none) return 0;
        if (info.default_argument) return *info.default_argument;
        return Problem(fmt::format("{} needs an argument: {}", info.name, shape_of(info)));
    }
    if (info.argument == FaultArgument::none) return Problem(fmt::format("{} takes no argument", info.name));
    const auto value =
        info.argument == FaultArgument::version ? parse_version(*text) : parse_number<std::uint32_t>(*text);
    if (!value || *value > max_argument(info))
        return Problem(fmt::format("'{}' is no {} for {}: {}", *text, info.argument_name, info.name, shape_of(info)));
    return *value;
}

std::optional<Stage> parse_stage(std::string_view text) {
    for (std::size_t i = 0; i < stage_count; ++i)
        if (const auto stage = static_cast<Stage>(i); name_of(stage) == text) return stage;
    return std::nullopt;
}

std::string stages_of(const FaultInfo& info) {
    std::string list;
    for (const Stage stage : info.stages) list += (list.empty() ? "" : ", ") + std::string{name_of(stage)};
    return list;
}

// One of the one or two parts of WHEN.
std::optional<std::string> read_when(const FaultInfo& info, std::string_view part, Fault& fault) {
    if (const auto stage = parse_stage(part)) {
        if (std::find(info.stages.begin(), info.stages.end(), *stage) == info.stages.end())
            return fmt::format("{} cannot strike at {}, only at: {}", info.name, part, stages_of(info));
        fault.stage = *stage;
        return std::nullopt;
    }
    const auto nth = parse_number<std::uint64_t>(part);
    if (!nth || *nth == 0)
        return fmt::format("'{}' is neither a stage ({}) nor a number from 1", part, stages_of(info));
    fault.nth = *nth;
    return std::nullopt;
}

}  // namespace

std::expected<Fault, std::string> parse_fault(std::string_view text) {
    std::optional<std::string_view> when;
    if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
        when = text.substr(at + 1);
        text = text.substr(0, at);
    }
    std::optional<std::string_view> argument;
    if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
        argument = text.substr(colon + 1);
        text = text.substr(0, colon);
    }
    const auto all = all_faults();
    const auto info = std::find_if(all.begin(), all.end(), [&](const FaultInfo& row) { return row.name == text; });
    if (info == all.end()) return Problem(fmt::format("there is no fault '{}'", text));
    const auto value = parse_argument(*info, argument);
    if (!value) return Problem(value.error());

    Fault fault{.kind = info->kind, .argument = *value, .stage = info->stages.front()};
    if (!when) return fault;
    const std::size_t comma = when->find(',');
    if (auto problem = read_when(*info, when->substr(0, comma), fault)) return Problem(std::move(*problem));
    if (comma == std::string_view::npos) return fault;
    if (fault.nth) return Problem(fmt::format("'{}': the stage comes before the number", *when));
    if (auto problem = read_when(*info, when->substr(comma + 1), fault)) return Problem(std::move(*problem));
    if (!fault.nth) return Problem(fmt::format("'{}' has two stages", *when));
    return fault;
}

std::string to_string(const Fault& fault) {
    const FaultInfo& info = info_of(fault.kind);
    std::string text{info.name};
    switch (info.argument) {
        case FaultArgument::none: break;
        case FaultArgument::code: text += ":" + format_code(fault.argument); break;
        case FaultArgument::version:
            text += fmt::format(":{}.{}", fault.argument >> 16, fault.argument & 0xFFFF);
            break;
        default: text += fmt::format(":{}", fault.argument); break;
    }
    text += fmt::format("@{}", name_of(fault.stage));
    if (fault.nth) text += fmt::format(",{}", *fault.nth);
    return text;
}

}  // namespace diag::session
