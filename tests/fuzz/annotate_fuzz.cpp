// A log on the standard input of kms-explain: any bytes, in pieces of any size, are copied within the limits; what comes out
// holds nothing that a terminal obeys, and does not depend on how the input was cut.

#include <algorithm>
#include <cstdlib>

#include "libdiag/base/utf.h"
#include "libdiag/explain/annotator.h"
#include "libdiag/explain/look_up.h"

namespace {

using namespace diag;

void require(bool holds) {
    if (!holds) std::abort();
}

std::string annotated(Bytes log, std::size_t piece_size, const explain::Annotator::Settings& settings) {
    explain::Annotator annotator{settings, report::Style{false}};
    std::string out;
    while (!log.empty()) {
        const std::size_t size = std::min(piece_size, log.size());
        annotator.add(log.first(size), out);
        log = log.subspan(size);
    }
    annotator.finish(out);
    return out;
}

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7F;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes log{data, size};
    const std::string whole = annotated(log, size + 1, {});
    require(std::ranges::none_of(whole, is_control));
    if (size <= 4096) require(annotated(log, 1, {}) == whole);
    require(annotated(log, 7, {.quiet = true, .brief = true}).size() <= whole.size() + size);
    const std::string json = annotated(log, size + 1, {.json = true});
    require(json.empty() || json.ends_with("}\n"));

    // The same bytes as a word on the command line.
    const std::string_view word{reinterpret_cast<const char*>(data), std::min<std::size_t>(size, 256)};
    for (const explain::Entry& entry : explain::look_up(word)) require(!entry.key.empty());
    require(explain::similar_words(word).size() <= 3);
    return 0;
}
