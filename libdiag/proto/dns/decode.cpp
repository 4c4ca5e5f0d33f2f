#include "libdiag/proto/dns/decode.h"

namespace diag::dns {
namespace {

Opt read_opt(Reader& r) {
    const Bytes options = r.rest();
    while (r.remaining() > 0) {  // bounded: each option takes 4 bytes or more
        r.skip(2, "option_code");
        r.skip(r.u16("option_length"), "option_data");
    }
    return {.options = options};
}

Srv read_srv(Reader& r, Bytes message) {
    return {.priority = r.u16("priority"),
            .weight = r.u16("weight"),
            .port = r.u16("port"),
            .target = read_name(r, message, "target")};
}

Soa read_soa(Reader& r, Bytes message) {
    return {.mname = read_name(r, message, "mname"),
            .rname = read_name(r, message, "rname"),
            .serial = r.u32("serial"),
            .refresh = r.u32("refresh"),
            .retry = r.u32("retry"),
            .expire = r.u32("expire"),
            .minimum = r.u32("minimum")};
}

Tsig read_tsig(Reader& r, Bytes message) {
    Tsig tsig{.algorithm = read_name(r, message, "algorithm")};
    const std::uint64_t high = r.u16("time_signed");
    tsig.time_signed = high << 32U | r.u32("time_signed");
    tsig.fudge = r.u16("fudge");
    tsig.mac = r.bytes(r.u16("mac_size"), "mac");
    tsig.original_id = r.u16("original_id");
    tsig.error = r.u16("error");
    tsig.other = r.bytes(r.u16("other_len"), "other_data");
    return tsig;
}

// The class of these says something else than where the data belongs (RFC 6891 6.1.2, RFC 8945 4.2).
bool has_class(std::uint16_t record_type) { return record_type != type::opt && record_type != type::tsig; }

/// RDATA of the types that we know; everything else stays bytes.
RecordData read_data(Reader& r, std::uint16_t record_type, std::uint16_t record_class, Bytes message) {
    switch (record_class == class_in || !has_class(record_type) ? record_type : 0) {
        case type::a: return IpAddress::v4(r.array<4>("address"));
        case type::aaaa: return IpAddress::v6(r.array<16>("address"));
        case type::cname: return read_name(r, message, "cname");
        case type::ns: return read_name(r, message, "nsdname");
        case type::ptr: return read_name(r, message, "ptrdname");
        case type::srv: return read_srv(r, message);
        case type::soa: return read_soa(r, message);
        case type::opt: return read_opt(r);
        case type::tsig: return read_tsig(r, message);
        default: return RawData{r.bytes(r.remaining(), "rdata")};
    }
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

std::expected<void, WireError> decode_message(Bytes bytes, Message& out) {
    std::size_t trailing_size = 0;
    PartialMessage partial = read_message(bytes, trailing_size);
    if (partial.error) return std::unexpected(*partial.error);
    if (trailing_size > 0)
        return std::unexpected(WireError{WireError::Kind::malformed, bytes.size() - trailing_size, "trailing bytes"});
    out = std::move(partial.message);
    return {};
}

std::vector<EdnsOption> edns_options(const Opt& opt) {
    std::vector<EdnsOption> out;
    Reader r{opt.options, std::endian::big};
    while (r.remaining() > 0) {
        EdnsOption option{.code = r.u16("option_code")};
        option.data = r.bytes(r.u16("option_length"), "option_data");
        if (!r.failed()) out.push_back(option);
    }
    return out;
}

std::optional<TcpFrame> first_tcp_frame(Bytes stream) {
    Reader r{stream, std::endian::big};
    const Bytes message = r.bytes(r.u16("length"), "message");
    if (r.failed()) return std::nullopt;
    return TcpFrame{.message = message, .stream_size = r.position()};
}

}  // namespace diag::dns
