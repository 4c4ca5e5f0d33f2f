#include "libdiag/proto/dns/decode.h"

namespace diag::dns {
namespace {

/// RDATA that a table of types tells us to read; everything else stays bytes.
RecordData read_data(Reader& r, std::uint16_t record_type, std::uint16_t record_class, Bytes message) {
    if (record_type == type::opt) {
        Opt options;
        while (r.remaining() > 0) {  // bounded: each option takes 4 bytes or more
            EdnsOption option{.code = r.u16("option_code")};
            const Bytes data = r.bytes(r.u16("option_length"), "option_data");
            option.data.assign(data.begin(), data.end());
            if (!r.failed()) options.push_back(std::move(option));
        }
        return options;
    }
    if (record_class == class_in) {
        switch (record_type) {
            case type::a: return IpAddress::v4(r.array<4>("address"));
            case type::aaaa: return IpAddress::v6(r.array<16>("address"));
            case type::cname: return read_name(r, message, "cname");
            case type::ns: return read_name(r, message, "nsdname");
            case type::ptr: return read_name(r, message, "ptrdname");
            case type::srv: {
                Srv srv{.priority = r.u16("priority"), .weight = r.u16("weight"), .port = r.u16("port")};
                srv.target = read_name(r, message, "target");
                return srv;
            }
            case type::soa: {
                Soa soa{.mname = read_name(r, message, "mname"), .rname = read_name(r, message, "rname")};
                for (auto* member : {&soa.serial, &soa.refresh, &soa.retry, &soa.expire, &soa.minimum})
                    *member = r.u32("soa timers");
                return soa;
            }
            default: break;
        }
    }
    const Bytes raw = r.bytes(r.remaining(), "rdata");
    return ByteVector{raw.begin(), raw.end()};
}

Question read_question(Reader& r, Bytes message) {
    const std::size_t start = r.offset();
    Question question{.name = read_name(r, message, "qname"), .type = r.u16("qtype"), .class_ = r.u16("qclass")};
    question.place = {.offset = start, .size = r.offset() - start};
    return question;
}

Record read_record(Reader& r, Bytes message) {
    const std::size_t start = r.offset();
    Record record{
        .name = read_name(r, message, "name"), .type = r.u16("type"), .class_ = r.u16("class"), .ttl = r.u32("ttl")};
    // UPDATE messages (RFC 2136 2.4) have types without RDATA: nothing to read then.
    const std::uint16_t rdlength = r.u16("rdlength");
    Reader rdata = r.sub(rdlength, "rdata");
    const bool is_empty = rdlength == 0 && record.type != type::opt;
    if (!is_empty) record.data = read_data(rdata, record.type, record.class_, message);
    if (!rdata.failed() && rdata.remaining() > 0) rdata.fail(WireError::Kind::malformed, "rdlength");
    if (rdata.failed()) {
        // All of the RDATA is there, or `r` would have failed already: if it is too short its length is at fault.
        WireError error = rdata.error();
        if (error.kind == WireError::Kind::truncated) error.kind = WireError::Kind::malformed;
        r.fail(error);
    }
    record.place = {.offset = start, .size = r.offset() - start};
    return record;
}

template <class Entry, class Read>
void read_section(Reader& r, std::uint16_t count, Read read, std::vector<Entry>& out, std::size_t& entry_count) {
    for (std::uint16_t i = 0; i < count; ++i) {
        if (r.failed()) return;
        if (++entry_count > max_entry_count) return r.fail(WireError::Kind::limit, "record count");
        Entry entry = read(r);
        if (!r.failed()) out.push_back(std::move(entry));
    }
}

/// The trailing size is what stands behind the last record.
PartialMessage read_message(Bytes bytes, std::size_t& trailing_size) {
    PartialMessage out;
    Reader r{bytes, std::endian::big};
    Message& m = out.message;
    decode_fields(r, header_fields, m.header);
    std::size_t entry_count = 0;
    const auto record = [&](Reader& from) { return read_record(from, bytes); };
    read_section(
        r, m.header.qdcount, [&](Reader& from) { return read_question(from, bytes); }, m.questions, entry_count);
    read_section(r, m.header.ancount, record, m.answers, entry_count);
    read_section(r, m.header.nscount, record, m.authorities, entry_count);
    read_section(r, m.header.arcount, record, m.additionals, entry_count);
    if (r.failed()) out.error = r.error();
    trailing_size = r.remaining();
    return out;
}

}  // namespace

PartialMessage decode_partial(Bytes bytes) {
    std::size_t trailing_size = 0;
    return read_message(bytes, trailing_size);
}

Decoded<Message> decode_message(Bytes bytes) {
    std::size_t trailing_size = 0;
    PartialMessage partial = read_message(bytes, trailing_size);
    if (partial.error) return std::unexpected(*partial.error);
    if (trailing_size > 0)
        return std::unexpected(WireError{WireError::Kind::malformed, bytes.size() - trailing_size, "trailing bytes"});
    return std::move(partial.message);
}

std::optional<TcpFrame> first_tcp_frame(Bytes stream) {
    Reader r{stream, std::endian::big};
    const Bytes message = r.bytes(r.u16("length"), "message");
    if (r.failed()) return std::nullopt;
    return TcpFrame{.message = message, .stream_size = r.position()};
}

}  // namespace diag::dns
