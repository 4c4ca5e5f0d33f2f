#include "tests/redact/edited_capture.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

#include "libdiag/base/hex.h"
#include "libdiag/base/utf.h"
#include "libdiag/check/conversation_findings.h"
#include "libdiag/check/outcome.h"
#include "libdiag/check/rules.h"
#include "libdiag/proto/tcp/segment.h"

namespace diag::test {
namespace {

using dissect::Conversation;
using dissect::Exchange;
using dissect::PduRecord;
using dissect::Side;

class Facts {
public:
    Facts(const Conversation& c, const redact::Pseudonyms* as) : c_{c}, as_{as} {}

    std::vector<std::string> all() {
        whole();
        for (const PduRecord& pdu : c_.pdus) add(pdu);
        for (const Exchange& exchange : c_.exchanges) add(exchange);
        for (const auto& stray : c_.stray_refusals) add("stray refusal {:08X} {}", stray.hresult, stray.answer.packet);
        return std::move(out_);
    }

private:
    template <class... T> void add(fmt::format_string<T...> format, T&&... values) {
        out_.push_back(fmt::format(format, std::forward<T>(values)...));
    }

    void whole() {
        const auto outcome = check::outcome_of(c_);
        add("conversation {} part {} outcome {} recognized by {}", c_.serial, c_.part, check::name_of(outcome),
            static_cast<int>(c_.recognized_by));
        for (const auto& f : check::check_conversation(c_, outcome))
            add("finding {} {:08X} {:08X} packets {}", f.rule->id, f.windows_code.value_or(0), f.inner_code.value_or(0),
                fmt::join(f.packets, " "));
        add("tails {} junk {} {} not rpc {} {}", fmt::join(c_.partial_tail, " "), c_.junk[0].size, c_.junk[1].size,
            c_.not_rpc[0], c_.not_rpc[1]);
        add(c_.bind_checks);
    }

    void add(const dcerpc::RpcChecks& checks) {
        for (const auto& entry : dcerpc::rpc_check_table)
            add("  rpc check {} {}", entry.key, static_cast<int>(checks.*entry.member));
    }

    void add(const PduRecord& pdu) {
        const auto& h = pdu.decoded.header;
        add("pdu from {} type {} at {} size {} cut {} inferred {} packets {} {} syntax {}", static_cast<int>(pdu.from),
            h.ptype, pdu.stream_offset, pdu.raw.size(), pdu.cut, pdu.inferred, pdu.first.packet, pdu.last.packet,
            pdu.syntax ? static_cast<int>(*pdu.syntax) : -1);
        add("  flags {} drep {} lengths {} {} call {}", h.pfc_flags, h.drep[0], h.frag_length, h.auth_length,
            h.call_id);
        if (pdu.decoded.error)
            add("  error {} at {} in {}", static_cast<int>(pdu.decoded.error->kind), pdu.decoded.error->offset,
                pdu.decoded.error->field);
        if (pdu.decoded.auth)
            add("  auth {} {} {} {}", pdu.decoded.auth->auth_type, pdu.decoded.auth->auth_level,
                pdu.decoded.auth->pad.size(), pdu.decoded.auth->value.size());
        if (const auto* bind = pdu.decoded.bind()) add(*bind);
        if (const auto* ack = pdu.decoded.bind_ack()) add(*ack);
        if (const auto* nak = pdu.decoded.bind_nak())
            add("  nak {} versions {} rest {}", nak->reject_reason, nak->versions.size(), nak->rest.size());
        if (const auto* fault = pdu.decoded.fault())
            add("  fault {:08X} context {} cancel {} hint {} rest {}", fault->status, fault->context_id,
                fault->cancel_count, fault->alloc_hint, fault->rest.size());
        if (const auto* request = pdu.decoded.request())
            add("  request hint {} context {} opnum {} object {} stub {}", request->alloc_hint, request->context_id,
                request->opnum, request->object.has_value(), request->stub.size());
        if (const auto* response = pdu.decoded.response())
            add("  response hint {} context {} cancel {} stub {}", response->alloc_hint, response->context_id,
                response->cancel_count, response->stub.size());
    }

    void add(const dcerpc::Bind& bind) {
        add("  bind {} {} group {} contexts {} rest {}", bind.max_xmit_frag, bind.max_recv_frag, bind.assoc_group,
            bind.n_context_elem, bind.rest.size());
        for (const auto& item : bind.contexts) {
            add("    context {} {} {}", item.context_id, to_string(item.interface), item.n_transfer_syn);
            for (const auto& id : item.transfer_syntaxes) add("      {} {}", to_string(id.uuid), id.version);
        }
    }

    void add(const dcerpc::BindAck& ack) {
        const bool is_port = std::ranges::all_of(ack.secondary_address, [](char c) { return c >= '0' && c <= '9'; });
        add("  ack {} {} group {} address {} {} results {} rest {}", ack.max_xmit_frag, ack.max_recv_frag,
            ack.assoc_group, as_ != nullptr && !is_port ? as_->label(ack.secondary_address) : ack.secondary_address,
            ack.secondary_terminated, ack.n_results, ack.rest.size());
        for (const auto& r : ack.results)
            add("    result {} {} {} {}", r.result, r.reason, to_string(r.transfer_syntax), r.version);
    }

    void add(const Exchange& e) {
        add("exchange call {} context {} syntax {} pdus {} {} hresult {:08X} fault {:08X} flags {} {} {}", e.call_id,
            e.context_id, e.syntax ? static_cast<int>(*e.syntax) : -1, e.request_pdu, e.response_pdu.value_or(9999),
            e.hresult.value_or(1), e.fault_status.value_or(1), e.answer_not_captured, e.request_cut, e.response_begun);
        add(e.rpc_checks);
        add(e.request);
        if (e.response) add(*e.response);
    }

    void add(const kms::Request& r) {
        add("  request {}.{} size {} body {} mac {} salt {} {}", r.version.major, r.version.minor, r.message_size,
            static_cast<int>(r.body), static_cast<int>(r.mac), r.salt ? to_hex(*r.salt) : "-",
            r.salt_decrypted ? to_hex(*r.salt_decrypted) : "-");
        if (!r.base) return;
        const auto& b = *r.base;
        add("    vm {} status {} expires {} app {} activation {} kms {} needs {} time {} version {}.{}",
            b.virtual_machine, b.license_status, b.binding_expiration_minutes, to_string(b.application_id),
            to_string(b.activation_id), to_string(b.kms_id), b.required_client_count, b.client_time_filetime.ticks,
            b.version.major, b.version.minor);
        const std::string name = b.workstation_text();
        add("    client {} before {} name {}", id_text(b.client_machine_id), id_text(b.previous_client_machine_id),
            as_ != nullptr ? as_->name(name) : name);
    }

    void add(const kms::Response& r) {
        add("  response {}.{} size {} body {} mac {} salt {}", r.version.major, r.version.minor, r.message_size,
            static_cast<int>(r.body), static_cast<int>(r.mac), r.salt ? to_hex(*r.salt) : "-");
        for (const auto& check : kms::response_check_table)
            add("    check {} {}", check.key, static_cast<int>(r.checks.*check.member));
        add("    slot {}", r.checks.hmac_slot_offset);
        if (r.proofs) {
            add("    random {} hash {} salt {}", to_hex(r.proofs->masked_random), to_hex(r.proofs->random_hash),
                to_hex(r.proofs->request_salt));
        }
        if (const auto hwid = r.hwid()) add("    hwid {}", to_hex(as_ != nullptr ? as_->hwid(*hwid) : *hwid));
        if (!r.base) return;
        const auto& b = *r.base;
        const std::string epid = b.epid_text();
        add("    client {} epid {} of {}", id_text(b.client_machine_id), as_ != nullptr ? as_->epid(epid) : epid,
            b.epid_size);
        add("    time {} count {} intervals {} {} version {}.{}", b.client_time_filetime.ticks, b.count,
            b.activation_interval_minutes, b.renewal_interval_minutes, b.version.major, b.version.minor);
    }

    std::string id_text(const Uuid& id) const { return to_string(as_ != nullptr ? as_->machine_id(id) : id); }

    const Conversation& c_;
    const redact::Pseudonyms* as_;
    std::vector<std::string> out_;
};

// Names of at least four characters: shorter ones stand in other bytes by chance.
void add_name(std::string text, std::set<std::string>& out) {
    if (text.size() >= 4) out.insert(std::move(text));
}

void add_names(const Conversation& c, std::set<std::string>& out) {
    for (const Exchange& e : c.exchanges) {
        if (e.request.base) {
            add_name(e.request.base->workstation_text(), out);
            add_name(to_string(e.request.base->client_machine_id), out);
        }
        if (e.response && e.response->base) add_name(e.response->base->epid_text(), out);
    }
}

struct Replacement {
    std::uint32_t sequence = 0;
    ByteVector before, after;
};
struct Connection {
    Endpoint client;
    std::array<std::vector<Replacement>, 2> sides;
};

std::optional<tcp::Segment> segment_of(const PacketView& packet, Endpoint& source) {
    const auto ip = ip::decode_packet(packet);
    if (!ip || ip->protocol != ip::protocol::tcp || ip->fragment.is_fragment) return std::nullopt;
    const auto segment = tcp::decode_segment(ip->payload, ip->payload_size);
    if (!segment) return std::nullopt;
    source = {ip->source, segment->source_port};
    return *segment;
}

// Collects what is to be replaced, then does so.
class EditingSink : public dissect::Sink {
public:
    EditingSink(const std::vector<PacketView>& packets, const redact::Pseudonyms& pseudonyms, kms::Codec& codec)
        : packets_{packets}, pseudonyms_{pseudonyms}, codec_{codec} {}

    EditedCapture finish() {
        for (const PacketView& packet : packets_) {
            out_.frames.emplace_back(packet.data.begin(), packet.data.end());
            rewrite(packet, out_.frames.back());
        }
        for (std::size_t i = 0; i < packets_.size(); ++i) {
            out_.packets.push_back(packets_[i]);
            out_.packets.back().data = out_.frames[i];
        }
        return std::move(out_);
    }

private:
    void on_dns(const dissect::DnsSearch&) override {}
    void on_packet(std::uint64_t serial, const PacketView& packet) override { serial_of_[packet.number] = serial; }
    void on_conversation(const Conversation& c) override {
        for (std::string& line : facts_of(c, &pseudonyms_)) out_.facts.push_back(std::move(line));
        add_names(c, out_.names);
        const auto edits = redact::edit_conversation(c, codec_, pseudonyms_);
        Connection& connection = connections_[c.serial];
        connection.client = c.client;
        for (const Side side : {Side::client, Side::host}) {
            std::int64_t end = INT64_MIN;
            for (const auto& edit : edits.of(side)) {
                if (edit.stream_offset < end) throw std::logic_error{"edits overlap"};
                end = edit.stream_offset + static_cast<std::int64_t>(edit.bytes.size());
                const PduRecord& pdu = *std::ranges::find_if(
                    c.pdus, [&](const auto& p) { return p.from == side && p.stream_offset == edit.stream_offset; });
                if (pdu.raw.size() != edit.bytes.size()) throw std::logic_error{"an edit has another size"};
                connection.sides[static_cast<std::size_t>(side)].push_back(
                    {sequence_of(c, pdu), {pdu.raw.begin(), pdu.raw.end()}, edit.bytes});
                out_.written.push_back(edit.bytes);
                out_.replaced.emplace_back(pdu.raw.begin(), pdu.raw.end());
            }
            if (edits.of(side).size() != std::size_t(std::ranges::count(c.pdus, side, &PduRecord::from)))
                throw std::logic_error{"a PDU has no edit"};
        }
    }

    // Where the PDU lies in the packet that brought its first byte.
    std::uint32_t sequence_of(const Conversation&, const PduRecord& pdu) const {
        const PacketView& packet = *std::ranges::find(packets_, pdu.first.packet, &PacketView::number);
        Endpoint source;
        const auto segment = segment_of(packet, source);
        if (!segment) throw std::logic_error{"no TCP packet"};
        for (std::size_t at = 0; at < segment->payload.size(); ++at) {
            const Bytes there = segment->payload.subspan(at);
            const std::size_t size = std::min(there.size(), pdu.raw.size());
            if (std::ranges::equal(there.first(size), pdu.raw.first(size)))
                return segment->sequence + static_cast<std::uint32_t>(at);
        }
        throw std::logic_error{"the PDU is not in its packet"};
    }

    void rewrite(const PacketView& packet, ByteVector& frame) const {
        const auto serial = serial_of_.find(packet.number);
        if (serial == serial_of_.end()) return;
        const auto connection = connections_.find(serial->second);
        Endpoint source;
        const auto segment = segment_of(packet, source);
        if (connection == connections_.end() || !segment) return;
        const auto& side = connection->second.sides[source == connection->second.client ? 0 : 1];
        const auto payload_at = segment->payload.data() - packet.data.data();
        for (const Replacement& r : side) {
            for (std::size_t i = 0; i < segment->payload.size(); ++i) {
                const std::uint32_t inside = segment->sequence + static_cast<std::uint32_t>(i) - r.sequence;
                if (inside >= r.before.size()) continue;
                const bool is_same = segment->payload[i] == r.before[inside];
                const auto after = r.after[inside];
                frame[static_cast<std::size_t>(payload_at) + i] = is_same ? after : static_cast<std::uint8_t>(~after);
            }
        }
    }

    const std::vector<PacketView>& packets_;
    const redact::Pseudonyms& pseudonyms_;
    kms::Codec& codec_;
    EditedCapture out_;
    std::map<std::uint64_t, std::uint64_t> serial_of_;
    std::map<std::uint64_t, Connection> connections_;
};

class FactSink : public dissect::Sink {
public:
    std::vector<std::string> facts;

private:
    void on_dns(const dissect::DnsSearch&) override {}
    void on_conversation(const Conversation& c) override {
        for (std::string& line : facts_of(c, nullptr)) facts.push_back(std::move(line));
    }
};

}  // namespace

std::vector<std::string> facts_of(const Conversation& conversation, const redact::Pseudonyms* as) {
    return Facts{conversation, as}.all();
}

std::vector<std::string> facts_of(const std::vector<PacketView>& packets, const kms::KeyProfile& profile) {
    kms::Codec codec{profile};
    FactSink sink;
    dissect::Tracker tracker{{}, codec, sink};
    for (const PacketView& packet : packets) tracker.on_packet(packet);
    tracker.finish();
    return std::move(sink.facts);
}

EditedCapture edit_capture(const std::vector<PacketView>& packets, const redact::Pseudonyms& pseudonyms,
                           const kms::KeyProfile& profile) {
    kms::Codec codec{profile};
    EditingSink sink{packets, pseudonyms, codec};
    dissect::Tracker tracker{{.announce_packets = true}, codec, sink};
    for (const PacketView& packet : packets) tracker.on_packet(packet);
    tracker.finish();
    return sink.finish();
}

std::string first_difference(const std::vector<std::string>& have, const std::vector<std::string>& want) {
    const std::size_t count = std::min(have.size(), want.size());
    for (std::size_t i = 0; i < count; ++i)
        if (have[i] != want[i]) return fmt::format("line {}: {}\ninstead of: {}", i, have[i], want[i]);
    if (have.size() == want.size()) return {};
    return fmt::format("{} lines instead of {}", have.size(), want.size());
}

bool has_bytes(Bytes bytes, Bytes wanted) { return !std::ranges::search(bytes, wanted).empty(); }

bool has_text(Bytes bytes, std::string_view text) {
    return has_bytes(bytes, bytes_of(text)) || has_bytes(bytes, utf16le_from_utf8(text));
}

}  // namespace diag::test
