#include "libdiag/session/dns_exchange.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "libdiag/proto/dns/decode.h"

namespace diag::session {
namespace {

// Another server may know what this one does not, or will not tell.
bool is_trouble(std::uint16_t rcode) { return rcode != dns::rcode::no_error && rcode != dns::rcode::name_error; }

std::uint16_t error_of(dns::TsigCheck check) {
    switch (check) {
        case dns::TsigCheck::bad_key: return dns::rcode::bad_key;
        case dns::TsigCheck::bad_time: return dns::rcode::bad_time;
        case dns::TsigCheck::bad_signature: return dns::rcode::bad_sig;
        default: return 0;
    }
}

}  // namespace

DnsExchange::DnsExchange(DnsExchangeSettings settings, dns::Message request, std::vector<Endpoint> servers,
                         std::optional<dns::TsigKey> key, RandomBytes random)
    : settings_{settings},
      request_{std::move(request)},
      servers_{std::move(servers)},
      key_{std::move(key)},
      random_{std::move(random)} {
    assert(!servers_.empty());
    so_far_.end = DnsExchangeEnd::no_answer;
}

DnsAttempt DnsExchange::start(Now now) {
    so_far_.server = servers_[0];
    return attempt(now);
}

DnsAttempt DnsExchange::attempt(Now now) {
    std::array<std::uint8_t, 2> id{};
    random_(id);
    request_.header.id = static_cast<std::uint16_t>(id[0] << 8U | id[1]);
    // A request of ours is short: it always fits.
    ByteVector bytes = dns::encode_message(request_).value_or(ByteVector{});
    if (key_) {
        auto whole = dns::sign_message(bytes, *key_, now.clock).value_or(dns::SignedMessage{});
        bytes = std::move(whole.bytes);
        mac_ = std::move(whole.mac);
    }
    stray_count_ = 0;
    deadline_ = now.steady + settings_.attempt_time;
    if (transport_ == DnsTransport::udp) ++datagram_count_;
    if (transport_ == DnsTransport::tcp) bytes = dns::add_tcp_prefix(bytes);
    return {.transport = transport_, .server = servers_[server_index_], .bytes = std::move(bytes)};
}

void DnsExchange::remember(DnsExchangeEnd end) {
    // That one server refused says more than that another was silent.
    if (so_far_.end == DnsExchangeEnd::answered && end != DnsExchangeEnd::answered) return;
    so_far_ = {.end = end,
               .server = servers_[server_index_],
               .transport = transport_,
               .rcode = answer_.rcode(),
               .tsig_error = answer_tsig_error_};
}

std::optional<DnsAttempt> DnsExchange::next_server(Now now) {
    if (++server_index_ == servers_.size()) {
        outcome_ = so_far_;
        outcome_.is_unreachable = outcome_.end == DnsExchangeEnd::no_answer && !was_silent_;
        return std::nullopt;
    }
    datagram_count_ = 0;
    transport_ = DnsTransport::udp;
    return attempt(now);
}

// The same server once more, over TCP when UDP was tried enough.
std::optional<DnsAttempt> DnsExchange::next_way(Now now) {
    if (transport_ == DnsTransport::tcp) return next_server(now);
    if (datagram_count_ >= settings_.datagram_count) transport_ = DnsTransport::tcp;
    return attempt(now);
}

// RFC 2136 3.8 lets the answer to an update have no sections, and a server that cannot read a query may leave them out.
bool DnsExchange::answers_request(const dns::Message& message) const {
    const auto& asked = request_.questions;
    const auto& told = message.questions;
    if (told.empty()) return is_update() || is_trouble(message.rcode());
    const auto is_same = [](const dns::Question& a, const dns::Question& b) {
        return dns::is_same_name(a.name, b.name) && a.type == b.type && a.class_ == b.class_;
    };
    return std::ranges::equal(asked, told, is_same);
}

DnsExchange::Verdict DnsExchange::judge(Bytes bytes, Now now) {
    const dns::PartialMessage front = dns::decode_partial(head(bytes, dns::header_size));
    const dns::Message& header = front.message;
    if (bytes.size() < dns::header_size || header.header.id != request_.header.id || !header.is_response() ||
        header.opcode() != request_.opcode())
        return Verdict::stray;
    const bool is_cut = (header.header.flags & dns::flag::tc) != 0;
    answer_bytes_.assign(bytes.begin(), bytes.end());
    answer_tsig_error_ = 0;
    if (!dns::decode_message(answer_bytes_, answer_)) {
        answer_ = {};
        return is_cut && transport_ == DnsTransport::udp ? Verdict::cut : Verdict::unreadable;
    }
    if (!answers_request(answer_)) return Verdict::stray;
    if (is_cut) return transport_ == DnsTransport::udp ? Verdict::cut : Verdict::unreadable;
    if (!key_) return Verdict::answer;
    const auto check = dns::check_tsig(answer_bytes_, answer_, *key_, mac_, now.clock);
    const dns::Tsig* tsig = dns::find_tsig(answer_);
    const bool is_told = check == dns::TsigCheck::verified || check == dns::TsigCheck::unsigned_error;
    answer_tsig_error_ = is_told ? tsig->error : error_of(check);
    if (check == dns::TsigCheck::verified) return Verdict::answer;
    // A refusal may be believed without a signature: the worst that a forger gets is that we try again later.
    const bool is_refusal = answer_.rcode() != dns::rcode::no_error;
    return is_refusal && (is_told || check == dns::TsigCheck::absent) ? Verdict::answer : Verdict::unsigned_success;
}

std::optional<DnsAttempt> DnsExchange::take(Verdict verdict, Now now) {
    switch (verdict) {
        case Verdict::stray: return std::nullopt;
        case Verdict::cut: transport_ = DnsTransport::tcp; return attempt(now);
        case Verdict::unreadable: remember(DnsExchangeEnd::bad_answer); return next_server(now);
        case Verdict::unsigned_success: remember(DnsExchangeEnd::not_signed); return std::nullopt;
        case Verdict::answer: break;
    }
    remember(DnsExchangeEnd::answered);
    if (!is_update() && is_trouble(answer_.rcode())) return next_server(now);
    outcome_ = so_far_;
    return std::nullopt;
}

std::optional<DnsAttempt> DnsExchange::on_datagram(const Endpoint& from, Bytes bytes, Now now) {
    if (has_ended() || transport_ != DnsTransport::udp) return std::nullopt;
    const Verdict verdict = from == servers_[server_index_] ? judge(bytes, now) : Verdict::stray;
    // A good answer may still come behind one that is not signed (RFC 8945 5.3).
    const bool goes_on = verdict == Verdict::stray || verdict == Verdict::unsigned_success;
    if (goes_on && ++stray_count_ > max_stray_count) return give_up(now);
    return take(verdict, now);
}

std::optional<DnsAttempt> DnsExchange::on_stream(Bytes so_far, Now now) {
    if (has_ended() || transport_ != DnsTransport::tcp) return std::nullopt;
    const auto frame = dns::first_tcp_frame(so_far);
    if (!frame) return std::nullopt;
    Verdict verdict = judge(frame->message, now);
    if (verdict == Verdict::stray) verdict = Verdict::unreadable;  // nothing else is on this connection
    if (verdict != Verdict::unsigned_success) return take(verdict, now);
    remember(DnsExchangeEnd::not_signed);
    return give_up(now);
}

// This attempt leads to nothing, though the server is there or may be.
std::optional<DnsAttempt> DnsExchange::give_up(Now now) {
    was_silent_ = true;
    return on_failure(now);
}

std::optional<DnsAttempt> DnsExchange::on_failure(Now now) {
    if (has_ended()) return std::nullopt;
    // What was said, though unsigned, will be said again.
    return so_far_.end == DnsExchangeEnd::not_signed ? next_server(now) : next_way(now);
}

std::optional<DnsAttempt> DnsExchange::on_time(Now now) {
    if (has_ended() || now.steady < deadline_) return std::nullopt;
    return give_up(now);
}

}  // namespace diag::session
