#include <fmt/format.h>

#include <algorithm>

#include "libdiag/proto/kms/catalogue.h"
#include "libdiag/proto/kms/epid.h"
#include "libdiag/redact/pseudonyms.h"

namespace diag::redact {
namespace {

// The last fields of an ePID in the usual form, and where they stand: the numbers can have been written shorter.
struct EpidPlaces {
    std::size_t key_id_high, key_id_low, channel, date;
};

EpidPlaces places_of(std::string_view epid) {
    EpidPlaces places{};
    places.key_id_high = epid.find('-', epid.find('-') + 1) + 1;
    places.key_id_low = epid.find('-', places.key_id_high) + 1;
    places.channel = epid.find('-', places.key_id_low) + 1;
    places.date = epid.rfind('-') + 1;
    return places;
}

bool is_leap(std::uint32_t year) { return std::chrono::year{static_cast<int>(year)}.is_leap(); }

}  // namespace

Uuid Pseudonyms::machine_id(const Uuid& id) const {
    if (id.is_nil()) return id;
    const Digest digest = hash("machine id", id.wire);
    Uuid out;
    std::copy_n(digest.begin(), out.wire.size(), out.wire.begin());
    const auto keep = [&](std::size_t at, unsigned mask) {
        out.wire[at] = static_cast<std::uint8_t>((out.wire[at] & ~mask) | (id.wire[at] & mask));
    };
    keep(7, 0xF0);  // version, in the third group, which is reversed on the wire
    keep(8, 0xC0);  // variant
    return out;
}

std::array<std::uint8_t, 8> Pseudonyms::hwid(const std::array<std::uint8_t, 8>& hwid) const {
    std::array<std::uint8_t, 8> out;
    std::ranges::copy(head(hash("hwid", hwid), out.size()), out.begin());
    return out;
}

// Digits as those of a label, so that no two are the same and none stays, but apart from those.
std::string Pseudonyms::digits(std::string_view purpose, std::string_view text) const {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::uint32_t shift = 1 + number(purpose, text.substr(0, i), 9);
        out += static_cast<char>('0' + (static_cast<std::uint32_t>(text[i] - '0') + shift) % 10);
    }
    return out;
}

// Stays within the block of the host key that has it, or without one. Where that takes longer than it should, which a
// block of few numbers in its many could bring about, it is the next number.
std::uint32_t Pseudonyms::key_id(std::uint32_t group_id, std::uint32_t key_id) const {
    constexpr unsigned max_steps = 256;
    const kms::HostKey* owner = kms::find_host_key(group_id, key_id);
    std::uint32_t first = 0, size = 1'000'000'000;
    if (owner != nullptr)
        for (const auto* blocks : {&owner->blocks, &owner->disputed})
            for (const kms::KeyBlock& block : *blocks)
                if (size == 1'000'000'000 && block.contains(key_id))
                    first = block.first, size = block.last - block.first + 1;
    if (size < 2) return key_id;
    const std::size_t width = std::to_string(size - 1).size();
    const std::string purpose = fmt::format("key id {} {}", group_id, first);
    std::uint32_t offset = key_id - first;
    for (unsigned i = 0; i < max_steps; ++i) {
        offset = static_cast<std::uint32_t>(std::stoul(digits(purpose, fmt::format("{:0{}}", offset, width))));
        if (offset < size && offset != key_id - first && kms::find_host_key(group_id, first + offset) == owner)
            return first + offset;
    }
    return first + (key_id - first + 1) % size;
}

std::string Pseudonyms::epid(std::string_view text) const {
    const auto parts = kms::parse_epid(text);
    if (!parts) return label(text);
    const EpidPlaces at = places_of(text);
    const std::size_t high_size = at.key_id_low - 1 - at.key_id_high, low_size = at.channel - 1 - at.key_id_low;
    std::string out{text};
    if (high_size == 3 && low_size == 6) {
        const std::uint32_t number = key_id(parts->group_id, parts->key_id());
        out.replace(at.key_id_high, 10, fmt::format("{:03}-{:06}", number / 1'000'000, number % 1'000'000));
    } else {  // no product writes it so: the digits as they come
        out.replace(at.key_id_high, high_size, digits("key id", text.substr(at.key_id_high, high_size)));
        out.replace(at.key_id_low, low_size, digits("key id", text.substr(at.key_id_low, low_size)));
    }
    constexpr std::size_t year_width = 4;
    if (!kms::activation_date(*parts) || text.size() - at.date <= year_width) return out;
    const std::size_t width = text.size() - at.date - year_width;
    const std::uint32_t end = width == 1 ? 9 : width == 2 ? 99 : is_leap(parts->activation_year) ? 366 : 365;
    const std::uint32_t day = std::min(parts->activation_day, end) - 1;
    const std::uint32_t other = (day + 1 + number("day", text.substr(0, at.date), end - 1)) % end + 1;
    out.replace(at.date, width, fmt::format("{:0{}}", other, width));
    return out;
}

}  // namespace diag::redact
