#include "bench/filler.h"

#include <string_view>

namespace diag::bench {
namespace {

constexpr std::string_view words[] = {
    "<div class=\"", "\">",      "</div>\n",   "<a href=\"/", "</a>\n", "<td>",   "</td>",     "activation",
    "volume",        "license",  "server",     "client",      "report", "status", "inventory", "the ",
    "of ",           "and ",     "to ",        "in ",         "is ",    "for ",   "that ",     "2024-11-",
    "10.0.",         "\"id\": ", "\"name\": ", "null, ",      "true, ", "{ ",     " }\n",      "  ",
};

}  // namespace

Filler::Filler(Random& random) {
    while (text_.size() < 2 * max_text_size) {
        const Bytes word = bytes_of(words[random.below(std::size(words))]);
        text_.insert(text_.end(), word.begin(), word.end());
        if (random.percent(20)) text_.push_back(static_cast<std::uint8_t>('0' + random.below(10)));
    }
}

}  // namespace diag::bench
