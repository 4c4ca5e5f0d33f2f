#include "libdiag/proto/kms/aes_portable.h"

#include "libdiag/proto/kms/aes_tables.h"

namespace diag::kms::portable {
namespace {

using Table = std::array<std::uint32_t, 256>;
using State = std::array<std::uint32_t, 4>;  // one word a column, its first row in the highest byte

constexpr std::uint32_t column(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    return std::uint32_t{a} << 24 | std::uint32_t{b} << 16 | std::uint32_t{c} << 8 | d;
}

// SubBytes and MixColumns of a byte in row 0; the other rows are rotations of it.
constexpr Table make_encrypt_table() {
    Table table{};
    for (std::size_t i = 0; i < 256; ++i) {
        const std::uint8_t s = aes::s_boxes.forward[i];
        table[i] = column(aes::multiply(s, 2), s, s, aes::multiply(s, 3));
    }
    return table;
}

constexpr Table make_decrypt_table() {
    Table table{};
    for (std::size_t i = 0; i < 256; ++i) {
        const std::uint8_t s = aes::s_boxes.inverse[i];
        table[i] = column(aes::multiply(s, 14), aes::multiply(s, 9), aes::multiply(s, 13), aes::multiply(s, 11));
    }
    return table;
}

constexpr Table encrypt_table = make_encrypt_table();
constexpr Table decrypt_table = make_decrypt_table();

std::uint8_t row(std::uint32_t word, int index) { return static_cast<std::uint8_t>(word >> (24 - 8 * index)); }

State load(const Block& b) {
    State state;
    for (std::size_t c = 0; c < 4; ++c) state[c] = column(b[4 * c], b[4 * c + 1], b[4 * c + 2], b[4 * c + 3]);
    return state;
}

// One round for both directions: ShiftRows takes row r from `shift` * r columns further on.
template <std::size_t shift> State round(const State& s, const State& key, const Table& table) {
    State out;
    for (std::size_t c = 0; c < 4; ++c) {
        out[c] = table[row(s[c], 0)] ^ std::rotr(table[row(s[(c + shift) % 4], 1)], 8) ^
                 std::rotr(table[row(s[(c + 2 * shift) % 4], 2)], 16) ^
                 std::rotr(table[row(s[(c + 3 * shift) % 4], 3)], 24) ^ key[c];
    }
    return out;
}

template <std::size_t shift>
Block last_round(const State& s, const Block& key, const std::array<std::uint8_t, 256>& box) {
    Block out;
    for (std::size_t c = 0; c < 4; ++c)
        for (std::size_t r = 0; r < 4; ++r) out[4 * c + r] = box[row(s[(c + r * shift) % 4], static_cast<int>(r))];
    return out ^ key;
}

template <std::size_t shift>
Block all_rounds(std::span<const Block> keys, const Block& in, const Table& table,
                 const std::array<std::uint8_t, 256>& box) {
    State state = load(in ^ keys.front());
    for (const Block& key : keys.subspan(1, keys.size() - 2)) state = round<shift>(state, load(key), table);
    return last_round<shift>(state, keys.back(), box);
}

}  // namespace

Block encrypt(std::span<const Block> keys, const Block& in) {
    return all_rounds<1>(keys, in, encrypt_table, aes::s_boxes.forward);
}

Block decrypt(std::span<const Block> inverse_keys, const Block& in) {
    return all_rounds<3>(inverse_keys, in, decrypt_table, aes::s_boxes.inverse);
}

}  // namespace diag::kms::portable
