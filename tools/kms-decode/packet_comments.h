#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diag::tool {

/// What is to be written beside packets. They come in any order and are asked for by packet, in bounded memory: past
/// `max_size` further ones are left out.
class PacketComments {
public:
    static constexpr std::size_t default_max_size = std::size_t{32} << 20;  ///< bytes: a third of a million comments

    explicit PacketComments(std::size_t max_size = default_max_size) : max_size_{max_size} {}

    void add(std::uint64_t packet, std::string_view text);
    std::uint64_t left_out_count() const { return left_out_count_; }

    /// No add() from here on.
    void sort();
    /// In the order of add(), each text once. Valid until the next call.
    std::span<const std::string> of(std::uint64_t packet);

private:
    struct Entry {
        std::uint64_t packet;
        std::uint32_t begin, size;
    };

    std::size_t max_size_;
    std::string texts_;
    std::vector<Entry> entries_;
    std::vector<std::string> found_;
    std::uint64_t left_out_count_ = 0;
};

}  // namespace diag::tool
