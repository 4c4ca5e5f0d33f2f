// session::DnsUpdate against name servers that answer anything, at any time.
//
// The first byte says how (bit 0: with a key; bit 1: a real answer to each query comes first, so that the update is reached).
// Then events: a byte for what happens, and for bytes of a peer their size in two bytes and themselves.

#include <cstdlib>

#include "libdiag/proto/dns/decode.h"
#include "libdiag/session/dns_update.h"
#include "libdiag/session/publish_event.h"
#include "libdiag/wire/reader.h"
#include "tests/fuzz/hostile_peer.h"

namespace {

using namespace diag;
using namespace diag::session;
using diag::fuzz::require;

// Names of the path, A and AAAA, each asked three times of three servers; then the update of four addresses of each family.
constexpr std::size_t max_attempt_count = (4 + 2) * 3 * 3 + 8 * 3 + 1;

dns::DomainName name(std::string_view text) { return dns::DomainName::parse(text).value_or(dns::DomainName{}); }

DnsUpdateSettings settings_of(std::uint8_t plan) {
    const IpAddress ip = IpAddress::v4(ByteVector{192, 0, 2, 53});
    DnsUpdateSettings settings{.resolvers = {{ip, 53}, {ip, 54}}, .exchange = {}, .key = {}};
    if ((plan & 1) != 0)
        settings.key = dns::TsigKey{
            .name = name("k"), .algorithm = dns::TsigAlgorithm::hmac_sha256, .secret = ByteVector(32, 0x5A)};
    return settings;
}

class Registration {
public:
    explicit Registration(std::uint8_t plan)
        : is_signed_{(plan & 1) != 0},
          is_helped_{(plan & 2) != 0},
          update_{settings_of(plan),
                  {.domain = name("corp.test"), .service = {0, 0, 1688, name("kms1.corp.test")}},
                  // An id that an input can hit.
                  [](std::span<std::uint8_t> out) { std::ranges::fill(out, 0); }} {
        take(update_.start(now_));
    }

    bool has_ended() const { return update_.has_ended(); }

    void on_bytes(Bytes bytes) {
        if (current_.transport == DnsTransport::udp) {
            take(update_.on_datagram(current_.server, bytes, now_));
        } else {
            take(update_.on_stream(bytes, now_));
        }
    }
    void on_strange_sender(Bytes bytes) { take(update_.on_datagram({current_.server.ip, 5353}, bytes, now_)); }
    void on_failure() { take(update_.on_failure(now_)); }
    void on_time() {
        if (has_ended()) return;
        now_.steady = update_.deadline();
        take(update_.on_time(now_));
    }

    void finish() {
        while (!has_ended()) on_time();  // bounded: take() counts
        const PublishResult& result = update_.result();
        const PublishEvent event{.logged_at = {}, .service = {.domain = name("corp.test")}, .result = result};
        for (const char c : explain(event)) require(c >= ' ' && c <= '~');
        require((result.code == 0) == (event_fields(event).size() == 1));
        // Nobody can say that it is done before it was asked for, or without the key.
        if (result.code == 0) require(has_sent_update_ && !is_signed_);
    }

private:
    void take(std::optional<DnsAttempt> next) {
        if (!next) return;
        require(!has_ended());
        require(++attempt_count_ <= max_attempt_count);
        current_ = std::move(*next);
        read_request();
        if (is_helped_) help();
    }

    void read_request() {
        Bytes bytes = current_.bytes;
        if (current_.transport == DnsTransport::tcp) bytes = bytes.subspan(2);
        require(dns::decode_message(bytes, request_).has_value());
        has_sent_update_ = has_sent_update_ || request_.opcode() == dns::opcode::update;
        require((dns::find_tsig(request_) != nullptr) == (is_signed_ && request_.opcode() == dns::opcode::update));
    }

    // The answer that leads on to the update.
    void help() {
        if (request_.opcode() == dns::opcode::update) return;
        dns::Message answer = request_;
        answer.header.flags |= dns::flag::qr;
        const auto& question = answer.questions[0];
        dns::Record record{.name = question.name, .type = question.type, .data = dns::Soa{.mname = name("ns.test")}};
        if (question.type == dns::type::a) record.data = current_.server.ip;
        if (question.type != dns::type::aaaa) answer.answers.push_back(record);
        if (const auto bytes = dns::encode_message(answer)) on_bytes(*bytes);
    }

    bool is_signed_, is_helped_;
    Now now_{.steady = {}, .clock = {1'795'600'000'000'000'000}};
    DnsUpdate update_;
    DnsAttempt current_;
    dns::Message request_;
    std::size_t attempt_count_ = 0;
    bool has_sent_update_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Reader r{{data, size}, std::endian::big};
    Registration registration{r.u8("plan")};
    while (r.remaining() > 0 && !registration.has_ended()) {
        const std::uint8_t what = r.u8("event");
        if (what == 1) {
            registration.on_time();
        } else if (what == 2) {
            registration.on_failure();
        } else {
            const std::size_t wanted = r.u16("size");
            const Bytes bytes = r.bytes(std::min(wanted, r.remaining()), "bytes");
            what == 3 ? registration.on_strange_sender(bytes) : registration.on_bytes(bytes);
        }
    }
    registration.finish();
    return 0;
}
