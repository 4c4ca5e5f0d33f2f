#include "libdiag/proto/dns/tsig.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <stdexcept>

#include "libdiag/proto/dns/decode.h"
#include "libdiag/wire/writer.h"

namespace diag::dns {
namespace {

constexpr std::size_t id_at = 0, arcount_at = 10;  // in the header, RFC 1035 4.1.1

struct AlgorithmRow {
    TsigAlgorithm algorithm;
    std::string_view name;
    const EVP_MD* (*digest)();
};
constexpr AlgorithmRow algorithms[] = {
    // RFC 8945 6; HMAC-MD5 is not for use any more
    {TsigAlgorithm::hmac_sha1, "hmac-sha1", EVP_sha1},       {TsigAlgorithm::hmac_sha224, "hmac-sha224", EVP_sha224},
    {TsigAlgorithm::hmac_sha256, "hmac-sha256", EVP_sha256}, {TsigAlgorithm::hmac_sha384, "hmac-sha384", EVP_sha384},
    {TsigAlgorithm::hmac_sha512, "hmac-sha512", EVP_sha512},
};

const AlgorithmRow& row_of(TsigAlgorithm algorithm) {
    return *std::ranges::find(algorithms, algorithm, &AlgorithmRow::algorithm);
}

std::uint8_t lower(std::uint8_t c) { return c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c + 32) : c; }

// Canonical form: uncompressed, in lower case (RFC 8945 4.3.3).
void write_canonical(Writer& w, const DomainName& name) {
    for (const std::uint8_t byte : name.wire_labels()) w.u8(lower(byte));  // lengths are below 64: never letters
    w.u8(0);
}

void write_time(Writer& w, std::uint64_t seconds) {
    w.u16(static_cast<std::uint16_t>(seconds >> 32U));
    w.u32(static_cast<std::uint32_t>(seconds));
}

// What the MAC covers besides the messages (RFC 8945 4.3.3).
void write_variables(Writer& w, const DomainName& key_name, const Tsig& tsig) {
    write_canonical(w, key_name);
    w.u16(class_any);
    w.u32(0);  // TTL
    write_canonical(w, tsig.algorithm);
    write_time(w, tsig.time_signed);
    w.u16(tsig.fudge);
    w.u16(tsig.error);
    w.u16(static_cast<std::uint16_t>(tsig.other.size()));
    w.bytes(tsig.other);
}

ByteVector make_mac(const TsigKey& key, Bytes covered) {
    ByteVector mac(EVP_MAX_MD_SIZE);
    unsigned size = 0;
    // HMAC() takes no null pointer for an empty key.
    constexpr std::uint8_t nothing = 0;
    const std::uint8_t* secret = key.secret.empty() ? &nothing : key.secret.data();
    if (HMAC(row_of(key.algorithm).digest(), secret, static_cast<int>(key.secret.size()), covered.data(),
             covered.size(), mac.data(), &size) == nullptr)
        throw std::runtime_error{"OpenSSL does not offer HMAC with this hash"};
    mac.resize(size);
    return mac;
}

std::uint64_t seconds_of(Timestamp time) {
    return time.ns < 0 ? 0 : static_cast<std::uint64_t>(time.ns / 1'000'000'000);
}

// The bytes of an answer that its MAC covers: as before the TSIG was added.
ByteVector covered_bytes(Bytes bytes, const Message& message, const Record& record, const Tsig& tsig,
                         Bytes request_mac) {
    Writer w{std::endian::big};
    w.u16(static_cast<std::uint16_t>(request_mac.size()));
    w.bytes(request_mac);
    const std::size_t start = w.size();
    w.bytes(bytes.first(record.place.offset));
    w.patch_u16(start + id_at, tsig.original_id);
    w.patch_u16(start + arcount_at, static_cast<std::uint16_t>(message.header.arcount - 1U));
    write_variables(w, record.name, tsig);
    return w.take();
}

bool is_within_fudge(const Tsig& tsig, Timestamp now) {
    const std::uint64_t here = seconds_of(now);
    const std::uint64_t difference = here > tsig.time_signed ? here - tsig.time_signed : tsig.time_signed - here;
    return difference <= tsig.fudge;
}

}  // namespace

std::optional<TsigAlgorithm> find_tsig_algorithm(std::string_view name) {
    const auto is_name = [name](const AlgorithmRow& row) {
        return std::ranges::equal(bytes_of(name), bytes_of(row.name), {}, lower);
    };
    const auto* row = std::ranges::find_if(algorithms, is_name);
    if (row == std::end(algorithms)) return std::nullopt;
    return row->algorithm;
}

DomainName name_of(TsigAlgorithm algorithm) { return *DomainName::parse(row_of(algorithm).name); }

std::optional<SignedMessage> sign_message(Bytes message, const TsigKey& key, Timestamp now) {
    Tsig tsig{.algorithm = name_of(key.algorithm), .time_signed = seconds_of(now), .fudge = tsig_fudge};
    Reader r{message, std::endian::big};
    tsig.original_id = r.u16("id");
    r.skip(arcount_at - 2, "header");
    const std::uint16_t arcount = r.u16("arcount");
    if (r.failed()) return std::nullopt;

    Writer covered{std::endian::big};
    covered.bytes(message);
    write_variables(covered, key.name, tsig);
    SignedMessage out{.bytes = {}, .mac = make_mac(key, covered.view())};
    tsig.mac = out.mac;

    // The record as encode_message() writes it: a message of this one record, without its header.
    Message carrier;
    carrier.additionals.push_back({.name = key.name, .type = type::tsig, .class_ = class_any, .data = tsig});
    const auto record = encode_message(carrier);
    if (!record || message.size() + record->size() - header_size > max_message_size) return std::nullopt;
    Writer w{std::endian::big};
    w.bytes(message);
    w.bytes(Bytes{*record}.subspan(header_size));
    w.patch_u16(arcount_at, static_cast<std::uint16_t>(arcount + 1U));
    out.bytes = w.take();
    return out;
}

const Tsig* find_tsig(const Message& message) {
    if (message.additionals.empty()) return nullptr;
    return std::get_if<Tsig>(&message.additionals.back().data);
}

TsigCheck check_tsig(Bytes bytes, const Message& message, const TsigKey& key, Bytes request_mac, Timestamp now) {
    const Tsig* tsig = find_tsig(message);
    const auto is_tsig = [](const Record& record) { return record.type == type::tsig; };
    const auto count = std::ranges::count_if(message.additionals, is_tsig);
    if (count == 0) return TsigCheck::absent;
    if (tsig == nullptr || count > 1) return TsigCheck::bad_signature;
    if (tsig->mac.empty() && tsig->error != 0) return TsigCheck::unsigned_error;
    const Record& record = message.additionals.back();
    if (record.class_ != class_any || record.ttl != 0) return TsigCheck::bad_signature;  // RFC 8945 4.2
    if (!is_same_name(record.name, key.name) || !is_same_name(tsig->algorithm, name_of(key.algorithm)))
        return TsigCheck::bad_key;
    const ByteVector mac = make_mac(key, covered_bytes(bytes, message, record, *tsig, request_mac));
    if (mac.size() != tsig->mac.size() || CRYPTO_memcmp(mac.data(), tsig->mac.data(), mac.size()) != 0)
        return TsigCheck::bad_signature;
    // With BADTIME a server hands our own time back (RFC 8945 5.2.3).
    return is_within_fudge(*tsig, now) ? TsigCheck::verified : TsigCheck::bad_time;
}

}  // namespace diag::dns
