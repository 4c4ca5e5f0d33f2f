#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "libdiag/lang/language.h"

namespace diag::lang {

/// A sentence with its values, in the language that was chosen; English where it has no translation, or one that does not take
/// these values.
///
///     say("{} refused the TCP connection of {}", host, client)
///
/// xgettext finds the pattern by the name of this function, so it has to be a literal (scripts/update-catalogues). A translation
/// may order the values anew: {1} {0}. A value that is words of its own (a side, a number with its noun) comes from say() or
/// tr(), too.
template <class... Values> std::string say(fmt::format_string<Values...> pattern, Values&&... values) {
    const fmt::string_view english = pattern;
    const std::string_view text{english.data(), english.size()};
    const std::string_view chosen = tr(text);
    if (chosen.data() == text.data()) return fmt::vformat(english, fmt::make_format_args(values...));
    try {
        return fmt::vformat(fmt::string_view{chosen.data(), chosen.size()}, fmt::make_format_args(values...));
    } catch (const fmt::format_error&) {
        return fmt::vformat(english, fmt::make_format_args(values...));
    }
}

}  // namespace diag::lang
