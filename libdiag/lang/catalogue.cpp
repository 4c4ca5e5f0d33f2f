#include "libdiag/lang/catalogue.h"

namespace diag::lang {
namespace {

constexpr std::uint32_t magic = 0x950412DE;
constexpr std::size_t header_size = 28;
constexpr std::size_t row_size = 8;

}  // namespace

Catalogue::Catalogue(std::string_view bytes) : bytes_{bytes} {
    if (bytes_.size() < header_size || number_at(0) != magic) return;
    const std::size_t count = number_at(8);
    texts_ = number_at(12);
    translations_ = number_at(16);
    const auto fits = [&](std::size_t table) {
        return table <= bytes_.size() && count <= (bytes_.size() - table) / row_size;
    };
    if (fits(texts_) && fits(translations_)) count_ = count;
}

std::optional<std::string_view> Catalogue::find(std::string_view text) const {
    // The empty text stands for the catalogue's own header.
    if (text.empty()) return std::nullopt;
    std::size_t low = 0;
    std::size_t high = count_;
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        const int order = text_at(texts_, middle).compare(text);
        if (order == 0) return text_at(translations_, middle);
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return std::nullopt;
}

std::uint32_t Catalogue::number_at(std::size_t offset) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value |= std::uint32_t{static_cast<unsigned char>(bytes_[offset + i])} << 8 * i;
    return value;
}

std::string_view Catalogue::text_at(std::size_t table, std::size_t index) const {
    const std::size_t size = number_at(table + index * row_size);
    const std::size_t offset = number_at(table + index * row_size + 4);
    if (offset > bytes_.size() || size > bytes_.size() - offset) return {};
    return bytes_.substr(offset, size);
}

}  // namespace diag::lang
