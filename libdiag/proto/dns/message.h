#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "libdiag/base/ip_address.h"
#include "libdiag/proto/dns/domain_name.h"
#include "libdiag/wire/field.h"

namespace diag::dns {

namespace type {
inline constexpr std::uint16_t a = 1, ns = 2, cname = 5, soa = 6, ptr = 12, txt = 16, aaaa = 28, srv = 33, opt = 41,
                               tsig = 250, any = 255;
}
inline constexpr std::uint16_t class_in = 1;
inline constexpr std::uint16_t class_none = 254, class_any = 255;  // RFC 2136 2.4, 2.5

namespace rcode {
inline constexpr std::uint16_t no_error = 0, format_error = 1, server_failure = 2, name_error = 3, not_implemented = 4,
                               refused = 5, not_auth = 9, not_zone = 10, bad_sig = 16, bad_key = 17, bad_time = 18;
}
namespace opcode {
inline constexpr std::uint8_t query = 0, update = 5;
}

namespace flag {  // RFC 1035 4.1.1, RFC 4035 3
inline constexpr std::uint16_t qr = 0x8000, aa = 0x0400, tc = 0x0200, rd = 0x0100, ra = 0x0080, ad = 0x0020,
                               cd = 0x0010;
}

struct Header {  // RFC 1035 4.1.1
    std::uint16_t id = 0, flags = 0, qdcount = 0, ancount = 0, nscount = 0, arcount = 0;
    friend bool operator==(const Header&, const Header&) = default;
};
extern const std::span<const Field<Header>> header_fields;
inline constexpr std::size_t header_size = 12;

/// Where something stood in the message it was read from; 0 in messages that we build. Plays no part in comparisons.
struct Place {
    std::size_t offset = 0, size = 0;
    friend bool operator==(const Place&, const Place&) { return true; }
};

struct Question {
    DomainName name;
    std::uint16_t type = 0, class_ = class_in;
    Place place;
    friend bool operator==(const Question&, const Question&) = default;
};

struct Srv {  // RFC 2782
    std::uint16_t priority = 0, weight = 0, port = 0;
    DomainName target;  ///< the root: "decidedly not available"
    friend bool operator==(const Srv&, const Srv&) = default;
};

struct Soa {  // RFC 1035 3.3.13
    DomainName mname, rname;
    std::uint32_t serial = 0, refresh = 0, retry = 0, expire = 0;
    std::uint32_t minimum = 0;  ///< seconds that a negative answer may be cached (RFC 2308 4)
    friend bool operator==(const Soa&, const Soa&) = default;
};

/// RDATA of OPT: its options, whose lengths were checked; edns_options() takes them apart.
struct Opt {
    Bytes options;
    friend bool operator==(const Opt& a, const Opt& b) { return std::ranges::equal(a.options, b.options); }
};

/// RDATA of TSIG (RFC 8945 4.2).
struct Tsig {
    DomainName algorithm;
    std::uint64_t time_signed = 0;  ///< seconds since 1970, 48 bits on the wire
    std::uint16_t fudge = 0;        ///< seconds that the clocks may differ
    Bytes mac;
    std::uint16_t original_id = 0;
    std::uint16_t error = 0;  ///< an RCODE; 0 in requests
    Bytes other;              ///< the server's time in an answer with BADTIME
    friend bool operator==(const Tsig& a, const Tsig& b) {
        return a.algorithm == b.algorithm && a.time_signed == b.time_signed && a.fudge == b.fudge &&
               std::ranges::equal(a.mac, b.mac) && a.original_id == b.original_id && a.error == b.error &&
               std::ranges::equal(a.other, b.other);
    }
};

/// RDATA of a type that we do not read.
struct RawData {
    Bytes bytes;
    friend bool operator==(const RawData& a, const RawData& b) { return std::ranges::equal(a.bytes, b.bytes); }
};

/// RDATA by the type of its record: IpAddress for A and AAAA, DomainName for CNAME, NS and PTR. Records of a class other
/// than IN are RawData, OPT and TSIG apart. Opt, Tsig and RawData are views of the message that was decoded.
/// (Only types without a destructor: clang 14 cannot compile libstdc++ 12's variant with others.)
using RecordData = std::variant<RawData, IpAddress, DomainName, Srv, Soa, Opt, Tsig>;

struct Record {
    DomainName name;
    std::uint16_t type = 0;
    std::uint16_t class_ = class_in;  ///< of OPT: the sender's UDP payload size
    std::uint32_t ttl = 0;            ///< seconds; of OPT: extended RCODE, version, flags
    RecordData data;
    Place place;
    friend bool operator==(const Record&, const Record&) = default;
};

/// Views in it live as long as the bytes it was read from.
struct Message {
    Header header;  ///< as received, also its counts
    std::vector<Question> questions;
    std::vector<Record> answers, authorities, additionals;
    friend bool operator==(const Message&, const Message&) = default;

    bool is_response() const { return (header.flags & flag::qr) != 0; }
    std::uint8_t opcode() const { return (header.flags >> 11U) & 0x0fU; }
    const Record* opt() const;    ///< the EDNS record, or nullptr
    std::uint16_t rcode() const;  ///< with the upper 8 bits that EDNS adds (RFC 6891 6.1.3)
};

struct EdnsOption {  // RFC 6891 6.1.2
    std::uint16_t code = 0;
    Bytes data;
};
/// The options in front of the first whose length is wrong.
std::vector<EdnsOption> edns_options(const Opt& opt);

}  // namespace diag::dns
