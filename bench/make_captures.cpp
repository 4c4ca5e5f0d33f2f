#include <fmt/core.h>

#include <charconv>
#include <cstdio>
#include <exception>

#include "bench/recipes.h"

namespace {

using namespace diag::bench;

int usage() {
    fmt::print(stderr,
               "usage: make_captures RECIPE AMOUNT FILE\n\nWrites a capture, always the same, and prints as JSON what "
               "is in it.\n\n");
    for (const Recipe& recipe : recipes())
        fmt::print(stderr, "  {:15} AMOUNT in {}: {}\n", recipe.name, recipe.unit, recipe.summary);
    return 3;
}

const Recipe* find_recipe(std::string_view name) {
    for (const Recipe& recipe : recipes()) {
        if (recipe.name == name) return &recipe;
    }
    return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
    const Recipe* recipe = argc == 4 ? find_recipe(argv[1]) : nullptr;
    const std::string_view amount_text = argc == 4 ? argv[2] : "";
    std::uint32_t amount = 0;
    const auto [end, error] = std::from_chars(amount_text.data(), amount_text.data() + amount_text.size(), amount);
    if (recipe == nullptr || error != std::errc{} || end != amount_text.data() + amount_text.size() || amount == 0)
        return usage();
    try {
        CaptureFile file{argv[3]};
        const Contents contents = recipe->make(file, amount);
        file.close();
        fmt::print(
            "{{\"recipe\": \"{}\", \"amount\": {}, \"file_size\": {}, \"packets\": {}, \"other_conversations\": {}, "
            "\"kms_conversations\": {}, \"kms_exchanges\": {}, \"kms_packets\": {}, \"kms_packets_on_1688\": {}}}\n",
            recipe->name, amount, file.file_size(), file.packet_count(), contents.other_conversations,
            contents.kms_conversations, contents.kms_exchanges, contents.kms_packets, contents.kms_packets_on_1688);
    } catch (const std::exception& exception) {
        fmt::print(stderr, "make_captures: {}\n", exception.what());
        return 3;
    }
    return 0;
}
