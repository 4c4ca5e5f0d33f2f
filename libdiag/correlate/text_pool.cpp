#include "libdiag/correlate/text_pool.h"

#include <cstring>

namespace diag::correlate {
namespace {

constexpr std::size_t length_size = 2;  // in front of each text

}  // namespace

std::string_view TextPool::at(std::uint32_t number) const {
    const char* stored = chunks_[number / chunk_size].get() + number % chunk_size;
    std::uint16_t size = 0;
    std::memcpy(&size, stored, length_size);
    return {stored + length_size, size};
}

std::optional<TextId> TextPool::add(std::string_view text, TextId guess) {
    if (text.empty()) return no_text;
    text = text.substr(0, max_text_size);
    if (guess != no_text && this->text(guess) == text) return guess;
    const std::uint64_t hash = keyed_hash(bytes_of(text), hash_key_);
    const std::uint32_t known = table_.find(hash, [&](std::uint32_t number) { return at(number) == text; });
    if (known != IndexTable::none) return TextId{known + 1};
    const std::size_t needed = length_size + text.size();
    if (chunks_.empty() || used_ + needed > chunk_size) {
        if ((chunks_.size() + 1) * chunk_size > max_size_) return std::nullopt;
        chunks_.push_back(std::make_unique_for_overwrite<char[]>(chunk_size));
        used_ = 0;
    }
    const auto number = static_cast<std::uint32_t>((chunks_.size() - 1) * chunk_size + used_);
    const auto size = static_cast<std::uint16_t>(text.size());
    char* stored = chunks_.back().get() + used_;
    std::memcpy(stored, &size, length_size);
    std::memcpy(stored + length_size, text.data(), text.size());
    used_ += needed;
    table_.insert(hash, number, [this](std::uint32_t n) { return keyed_hash(bytes_of(at(n)), hash_key_); });
    return TextId{number + 1};
}

std::string_view TextPool::text(TextId id) const {
    return id == no_text ? std::string_view{} : at(static_cast<std::uint32_t>(id) - 1);
}

void TextPool::clear() {
    chunks_.clear();
    table_.clear();
    used_ = 0;
}

}  // namespace diag::correlate
