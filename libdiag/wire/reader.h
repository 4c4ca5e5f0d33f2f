#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstring>
#include <expected>
#include <string_view>

#include "libdiag/base/bytes.h"
#include "libdiag/base/uuid.h"

namespace diag {

/// Why bytes could not be read as a message.
struct WireError {
    enum class Kind : std::uint8_t {
        truncated,  ///< the bytes ended; why they did (snaplen, more to come, a short message) only the caller knows
        malformed,  ///< a rule of the format is broken
        limit,      ///< more than we are ready to hold
    };
    Kind kind = Kind::malformed;
    std::size_t offset = 0;  ///< from the first byte of the outermost message
    std::string_view field;  ///< a literal: what we were reading

    friend bool operator==(const WireError&, const WireError&) = default;
};

template <class T> using Decoded = std::expected<T, WireError>;

/// Reads numbers and views from bytes that nobody has vetted. The only place with offsets into packet data.
///
/// It keeps its first error: after it every read returns zero or an empty view and consumes nothing, so a decoder reads
/// straight down and asks finish() once.
class Reader {
public:
    /// `base_offset` is where `data` starts in the outermost message; it appears in errors only.
    explicit Reader(Bytes data, std::endian order = std::endian::little, std::size_t base_offset = 0)
        : data_{data}, order_{order}, base_offset_{base_offset} {}

    std::uint8_t u8(std::string_view field) { return number<std::uint8_t>(field); }
    std::uint16_t u16(std::string_view field) { return number<std::uint16_t>(field); }
    std::uint32_t u32(std::string_view field) { return number<std::uint32_t>(field); }
    std::uint64_t u64(std::string_view field) { return number<std::uint64_t>(field); }

    template <std::unsigned_integral T> T number(std::string_view field) {
        const Bytes raw = bytes(sizeof(T), field);
        if (raw.size() < sizeof(T)) return 0;
        T value{};
        std::memcpy(&value, raw.data(), sizeof(T));
        return order_ == std::endian::native ? value : std::byteswap(value);
    }

    /// A view of the next `size` bytes, as long-lived as the buffer; empty after a failure.
    Bytes bytes(std::size_t size, std::string_view field) {
        if (error_set_) return {};
        if (size > data_.size() - at_) {
            fail(WireError::Kind::truncated, field);
            return {};
        }
        const Bytes view = data_.subspan(at_, size);
        at_ += size;
        return view;
    }

    template <std::size_t size> std::array<std::uint8_t, size> array(std::string_view field) {
        std::array<std::uint8_t, size> out{};
        const Bytes raw = bytes(size, field);
        std::copy(raw.begin(), raw.end(), out.begin());
        return out;
    }

    /// A GUID in the byte order of the data (C706: time_low, time_mid and time_hi are integers).
    Uuid uuid(std::string_view field) {
        Uuid value{array<16>(field)};
        if (order_ == std::endian::big) {
            std::reverse(value.wire.begin(), value.wire.begin() + 4);
            std::reverse(value.wire.begin() + 4, value.wire.begin() + 6);
            std::reverse(value.wire.begin() + 6, value.wire.begin() + 8);
        }
        return value;
    }

    /// A reader of the next `size` bytes, which are consumed here: a lying inner length cannot leave its parent.
    /// After a failure the inner reader is empty and carries the same error.
    Reader sub(std::size_t size, std::string_view field) {
        const std::size_t start = offset();
        Reader inner{bytes(size, field), order_, start};
        inner.error_ = error_;
        inner.error_set_ = error_set_;
        return inner;
    }

    void skip(std::size_t size, std::string_view field) { bytes(size, field); }

    /// Moves on to the next multiple of `alignment`, counted from the start of this reader's data.
    void align(std::size_t alignment, std::string_view field) {
        skip((alignment - at_ % alignment) % alignment, field);
    }

    /// For rules that a length check cannot see. The first failure stays.
    void fail(WireError::Kind kind, std::string_view field) {
        if (error_set_) return;
        error_ = {.kind = kind, .offset = offset(), .field = field};
        error_set_ = true;
    }

    /// Takes over the error of a reader of the same message (one made by sub(), say). The first failure stays.
    void fail(const WireError& error) {
        if (error_set_) return;
        error_ = error;
        error_set_ = true;
    }

    bool failed() const { return error_set_; }
    std::size_t position() const { return at_; }               ///< bytes consumed of this reader's data
    std::size_t offset() const { return base_offset_ + at_; }  ///< the same in the outermost message
    std::size_t remaining() const { return error_set_ ? 0 : data_.size() - at_; }
    Bytes rest() const { return error_set_ ? Bytes{} : data_.subspan(at_); }
    std::endian order() const { return order_; }
    void set_order(std::endian order) { order_ = order; }  ///< when the data itself says it (drep, a pcap magic)

    std::expected<void, WireError> finish() const {
        if (error_set_) return std::unexpected(error_);
        return {};
    }
    const WireError& error() const { return error_; }  ///< meaningful when failed()

private:
    Bytes data_;
    std::size_t at_ = 0;
    std::endian order_;
    std::size_t base_offset_;
    WireError error_;
    bool error_set_ = false;
};

}  // namespace diag
