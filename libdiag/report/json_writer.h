#pragma once

#include <charconv>
#include <concepts>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "libdiag/base/uuid.h"

namespace diag::report {

/// Appends JSON to a text, without a document in memory: a conversation with thousands of exchanges costs its length.
/// Keys are literals of ours and are not escaped; every other text is (RFC 8259 section 7), and bytes that are not UTF-8
/// become U+FFFD, so that the output is valid whatever a peer sent.
class JsonWriter {
public:
    explicit JsonWriter(std::string& out) : out_{out} {}

    void begin_object() { open('{'); }
    void end_object() { close('}'); }
    void begin_array() { open('['); }
    void end_array() { close(']'); }

    JsonWriter& key(std::string_view name) {
        char* at = extend(name.size() + (first_ ? 3 : 4));
        if (!first_) *at++ = ',';
        *at++ = '"';
        std::memcpy(at, name.data(), name.size());
        at[name.size()] = '"';
        at[name.size() + 1] = ':';
        first_ = true;  // the value that follows needs no comma
        return *this;
    }

    void value(std::string_view text);
    void value(const char* text) { value(std::string_view{text}); }
    void value(bool truth) {
        separate();
        out_ += truth ? "true" : "false";
    }
    void value(std::integral auto number) {
        separate();
        char digits[24];
        const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
        out_.append(digits, end);
    }
    void value(const Uuid& uuid);
    void value(std::nullptr_t) {
        separate();
        out_ += "null";
    }
    /// A duration: milliseconds with at most three digits behind the point.
    void milliseconds(std::int64_t ns);
    /// Text that is known to need no escape: digits, hex, times, names of ours.
    void plain(std::string_view text) {
        separate();
        char* at = extend(text.size() + 2);
        *at = '"';
        std::memcpy(at + 1, text.data(), text.size());
        at[text.size() + 1] = '"';
    }

    template <class T> void member(std::string_view name, const T& v) { key(name).value(v); }
    template <class T> void member(std::string_view name, const std::optional<T>& v) {
        key(name);
        if (v) {
            value(*v);
        } else {
            value(nullptr);
        }
    }
    /// null for an empty text.
    void text_or_null(std::string_view name, std::string_view text) {
        member(name, text.empty() ? std::nullopt : std::optional{text});
    }
    void plain_member(std::string_view name, std::string_view text) { key(name).plain(text); }

private:
    void open(char c) {
        separate();
        out_ += c;
        first_ = true;
    }
    void close(char c) {
        out_ += c;
        first_ = false;
    }
    /// Room for `size` more characters, which the caller writes: one growth for a key with its quotes, where appending
    /// piece by piece showed in profiles.
    char* extend(std::size_t size) {
        const std::size_t at = out_.size();
        // Not the size that it hands over: libstdc++ 12 passes the capacity when the text grows.
        out_.resize_and_overwrite(at + size, [whole = at + size](char*, std::size_t) { return whole; });
        return out_.data() + at;
    }
    void separate() {
        if (!first_) out_ += ',';
        first_ = false;
    }

    std::string& out_;
    bool first_ = true;
};

}  // namespace diag::report
