#include <cassert>

#include "libdiag/proto/dns/decode.h"

namespace diag::dns {
namespace {

void write_name(Writer& w, const DomainName& name) {
    w.bytes(name.wire_labels());
    w.u8(0);
}

struct WriteData {
    Writer& w;
    void operator()(const RawData& raw) const { w.bytes(raw.bytes); }
    void operator()(const IpAddress& address) const { w.bytes(address.bytes()); }
    void operator()(const DomainName& name) const { write_name(w, name); }
    void operator()(const Srv& srv) const {
        w.u16(srv.priority);
        w.u16(srv.weight);
        w.u16(srv.port);
        write_name(w, srv.target);
    }
    void operator()(const Soa& soa) const {
        write_name(w, soa.mname);
        write_name(w, soa.rname);
        for (const std::uint32_t number : {soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum}) w.u32(number);
    }
    void operator()(const Opt& opt) const { w.bytes(opt.options); }
    void operator()(const Tsig& tsig) const {
        write_name(w, tsig.algorithm);
        w.u16(static_cast<std::uint16_t>(tsig.time_signed >> 32U));
        w.u32(static_cast<std::uint32_t>(tsig.time_signed));
        w.u16(tsig.fudge);
        write_sized(tsig.mac);
        w.u16(tsig.original_id);
        w.u16(tsig.error);
        write_sized(tsig.other);
    }

private:
    // What does not fit makes the message too long, which write_records() sees.
    void write_sized(Bytes bytes) const {
        w.u16(static_cast<std::uint16_t>(bytes.size()));
        w.bytes(bytes);
    }
};

/// False when the message grew too long; the lengths that were written may then be wrong.
bool write_records(Writer& w, const std::vector<Record>& records) {
    for (const Record& record : records) {
        write_name(w, record.name);
        w.u16(record.type);
        w.u16(record.class_);
        w.u32(record.ttl);
        const std::size_t length_at = w.size();
        w.u16(0);
        std::visit(WriteData{w}, record.data);
        w.patch_u16(length_at, static_cast<std::uint16_t>(w.size() - length_at - 2));
        if (w.size() > max_message_size) return false;
    }
    return true;
}

}  // namespace

std::optional<ByteVector> encode_message(const Message& message) {
    // An entry takes 5 bytes or more, so with more of them than this the message could not fit anyway.
    for (const std::size_t count :
         {message.questions.size(), message.answers.size(), message.authorities.size(), message.additionals.size()})
        if (count > max_message_size / 5) return std::nullopt;
    Header header = message.header;
    header.qdcount = static_cast<std::uint16_t>(message.questions.size());
    header.ancount = static_cast<std::uint16_t>(message.answers.size());
    header.nscount = static_cast<std::uint16_t>(message.authorities.size());
    header.arcount = static_cast<std::uint16_t>(message.additionals.size());
    Writer w{std::endian::big};
    encode_fields(w, header_fields, header);
    for (const Question& question : message.questions) {
        write_name(w, question.name);
        w.u16(question.type);
        w.u16(question.class_);
    }
    for (const auto* section : {&message.answers, &message.authorities, &message.additionals})
        if (!write_records(w, *section)) return std::nullopt;
    if (w.size() > max_message_size) return std::nullopt;
    return w.take();
}

ByteVector add_tcp_prefix(Bytes message) {
    assert(message.size() <= max_message_size);
    Writer w{std::endian::big};
    w.u16(static_cast<std::uint16_t>(message.size()));
    w.bytes(message);
    return w.take();
}

}  // namespace diag::dns
