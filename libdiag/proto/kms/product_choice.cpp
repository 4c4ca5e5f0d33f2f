#include "libdiag/proto/kms/product_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <vector>

namespace diag::kms {
namespace {

using Products = std::vector<const Product*>;

constexpr Uuid default_activation_id = *Uuid::parse("73111121-5638-40f6-bc11-f1d7b0d64300");
constexpr std::size_t max_named_count = 6;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
    std::string out{text};
    std::ranges::transform(out, out.begin(), [](char c) { return lower(c); });
    return out;
}

std::vector<std::string> split(std::string_view text, std::string_view separator) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        if (end > 0) parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + separator.size(), text.size()));
    }
    return parts;
}

bool has_part(const Product& product, const std::string& wanted) {
    const std::string name = lower(product.name);
    const auto parts = split(name, " / ");
    return name == wanted || std::ranges::find(parts, wanted) != parts.end();
}

// Whole words: "n" is an edition, and a letter of most names.
bool has_words(const Product& product, const std::vector<std::string>& wanted) {
    const auto words = split(lower(product.name), " ");
    return std::ranges::all_of(wanted, [&](const auto& word) { return std::ranges::find(words, word) != words.end(); });
}

// All that the name has besides these words is who made it: "vista business" is no N edition.
bool has_no_more_words(const Product& product, const std::vector<std::string>& wanted) {
    for (const std::string& part : split(lower(product.name), " / ")) {
        const auto words = split(part, " ");
        const auto is_said = [&](const std::string& word) {
            return word == "windows" || word == "microsoft" || std::ranges::find(wanted, word) != wanted.end();
        };
        if (std::ranges::all_of(words, is_said)) return true;
    }
    return false;
}

Products select(const std::function<bool(const Product&)>& fits) {
    Products found;
    for (const Product& product : all_products())
        if (fits(product)) found.push_back(&product);
    Products volume;
    std::ranges::copy_if(found, std::back_inserter(volume), [](const auto* p) { return p->channel == "volume"; });
    return volume.empty() ? found : volume;
}

std::string names_of(const Products& products) {
    std::string text;
    for (std::size_t i = 0; i < products.size() && i < max_named_count; ++i)
        text += fmt::format("{}'{}'", i == 0 ? "" : ", ", products[i]->name);
    if (products.size() > max_named_count) text += fmt::format(" and {} more", products.size() - max_named_count);
    return text;
}

}  // namespace

const Product& default_product() { return *find_product(default_activation_id); }

std::expected<const Product*, std::string> choose_product(std::string_view text) {
    if (const auto id = Uuid::parse(text)) {
        if (const Product* product = find_product(*id)) return product;
        return std::unexpected(fmt::format("no product has the activation id {}; --list-products lists all", text));
    }
    const std::string wanted = lower(text);
    Products found = select([&](const Product& product) { return has_part(product, wanted); });
    if (found.size() == 1) return found.front();
    const auto words = split(wanted, " ");
    if (found.empty() && !words.empty())
        found = select([&](const Product& product) { return has_words(product, words); });
    if (found.size() == 1) return found.front();
    Products exact;
    std::ranges::copy_if(found, std::back_inserter(exact), [&](const auto* p) { return has_no_more_words(*p, words); });
    if (exact.size() == 1) return exact.front();
    if (found.empty())
        return std::unexpected(fmt::format("no product is called '{}'; --list-products lists all", text));
    return std::unexpected(fmt::format("'{}' fits {} products: {}", text, found.size(), names_of(found)));
}

}  // namespace diag::kms
