#pragma once

#include <string_view>

/// The headings of explanations, in English; text for people goes through lang::tr(). Labels of values stand where the
/// values are made (Fact).
namespace diag::explain::label {

inline constexpr std::string_view event = "event";
inline constexpr std::string_view causes = "Causes, most likely first";
inline constexpr std::string_view checks = "What to check";
inline constexpr std::string_view remedy = "Remedy: who does what";
inline constexpr std::string_view to_be_sure = "To be sure";
inline constexpr std::string_view capture = "What a capture shows";
inline constexpr std::string_view events = "Events to look at";
inline constexpr std::string_view notes = "Notes";
inline constexpr std::string_view ends_in = "Which cause? Findings after which Windows shows this code";
inline constexpr std::string_view logged_for = "Findings for which its event 12288 carries this code";
inline constexpr std::string_view read_for = "Findings for which to read it";
inline constexpr std::string_view source = "Source";

// Below a line of a log.
inline constexpr std::string_view cause = "cause:";
inline constexpr std::string_view check = "check:";
inline constexpr std::string_view remedy_line = "remedy:";
inline constexpr std::string_view more = "more:";

inline constexpr std::string_view all[] = {event,  causes, checks,      remedy,     to_be_sure, capture,
                                           events, notes,  ends_in,     logged_for, read_for,   source,
                                           cause,  check,  remedy_line, more};

}  // namespace diag::explain::label
