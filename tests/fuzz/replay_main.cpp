// Stands in for libFuzzer where the compiler is not clang: hands every file below the given paths to the fuzz target,
// once whole and, for small files, cut at every length, so that reading past a cut shows up under ASan.
//
//     NAME_fuzz [FILE|FOLDER]...
//
// A path that does not exist is no error: a target may have no corpus yet.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

// Every prefix of a file of n bytes costs about n*n/2 bytes of work; beyond this size steps keep that affordable.
constexpr std::size_t every_prefix_size = 512;
constexpr std::size_t prefix_count_of_larger = 64;

void run(const std::uint8_t* data, std::size_t size) {
    // A block of exactly this size, so that one byte too far is outside it.
    const auto copy = std::make_unique<std::uint8_t[]>(size);
    for (std::size_t i = 0; i < size; ++i) copy[i] = data[i];
    LLVMFuzzerTestOneInput(copy.get(), size);
}

void replay(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    const std::vector<char> text{std::istreambuf_iterator<char>(in), {}};
    const auto* data = reinterpret_cast<const std::uint8_t*>(text.data());
    const std::size_t step = text.size() <= every_prefix_size ? 1 : text.size() / prefix_count_of_larger;
    for (std::size_t n = 0; n < text.size(); n += step) run(data, n);
    run(data, text.size());
}

/// All regular files below a path, in no particular order.
std::vector<fs::path> files_of(const fs::path& path) {
    if (!fs::is_directory(path)) return fs::exists(path) ? std::vector{path} : std::vector<fs::path>{};
    std::vector<fs::path> out;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
        if (entry.is_regular_file()) out.push_back(entry.path());
    }
    return out;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        std::size_t count = 0;
        for (int i = 1; i < argc; ++i) {
            for (const auto& file : files_of(argv[i])) {
                replay(file);
                ++count;
            }
        }
        std::printf("replayed %zu files\n", count);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
