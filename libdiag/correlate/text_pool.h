#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "libdiag/correlate/index_table.h"

namespace diag::correlate {

/// Number of a text in a TextPool. 0 is the empty text.
enum class TextId : std::uint32_t {};
inline constexpr TextId no_text{0};

/// Keeps each distinct text (names, ePIDs, ids as their bytes) once, at the cost of its length and some 8 bytes.
class TextPool {
public:
    static constexpr std::size_t max_text_size = 600;  ///< a workstation name of 63 UTF-16 units has at most 189 bytes

    TextPool(std::uint64_t hash_key, std::size_t max_size) : hash_key_{hash_key}, max_size_{max_size} {}

    /// Longer texts are cut. nullopt when there is no room for a new one. `guess`: what it probably is, of this pool.
    std::optional<TextId> add(std::string_view text, TextId guess = no_text);
    /// Whether texts of so many bytes, lengths included, are sure to fit.
    bool has_room(std::size_t size) const {
        return (chunks_.size() + 1) * chunk_size <= max_size_ || (!chunks_.empty() && used_ + size <= chunk_size);
    }
    /// Valid until clear().
    std::string_view text(TextId id) const;
    void clear();
    std::size_t memory_size() const { return chunks_.size() * chunk_size + table_.memory_size(); }

private:
    static constexpr std::size_t chunk_size = std::size_t{64} << 10;

    std::string_view at(std::uint32_t number) const;

    std::uint64_t hash_key_;
    std::size_t max_size_;  ///< bytes of all texts
    std::vector<std::unique_ptr<char[]>> chunks_;
    std::size_t used_ = 0;  ///< of the last chunk
    IndexTable table_;
};

}  // namespace diag::correlate
