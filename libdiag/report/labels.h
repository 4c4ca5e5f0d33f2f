#pragma once

#include <string_view>

/// What this layer writes around the texts of rules, in English; text for people goes through lang::tr().
namespace diag::report::label {

inline constexpr std::string_view cause = "cause:";
inline constexpr std::string_view remedy = "remedy:";
inline constexpr std::string_view windows_shows = "the Windows client shows {}";
inline constexpr std::string_view event_carries = " (its event 12288: {})";

inline constexpr std::string_view to_be_sure = "check:";
inline constexpr std::string_view verdict = "Verdict";
inline constexpr std::string_view effect = "effect:";

inline constexpr std::string_view all[] = {cause, remedy, windows_shows, event_carries, to_be_sure, verdict, effect};

}  // namespace diag::report::label
