#include "libdiag/proto/dns/names.h"

/// IANA "Domain Name System (DNS) Parameters".
namespace diag::dns {
namespace {

constexpr Name types[] = {
    {1, "A"},           {2, "NS"},     {5, "CNAME"}, {6, "SOA"},    {12, "PTR"},  {13, "HINFO"},    {15, "MX"},
    {16, "TXT"},        {24, "SIG"},   {25, "KEY"},  {28, "AAAA"},  {29, "LOC"},  {33, "SRV"},      {35, "NAPTR"},
    {39, "DNAME"},      {41, "OPT"},   {43, "DS"},   {46, "RRSIG"}, {47, "NSEC"}, {48, "DNSKEY"},   {50, "NSEC3"},
    {51, "NSEC3PARAM"}, {52, "TLSA"},  {64, "SVCB"}, {65, "HTTPS"}, {99, "SPF"},  {249, "TKEY"},    {250, "TSIG"},
    {251, "IXFR"},      {252, "AXFR"}, {255, "ANY"}, {256, "URI"},  {257, "CAA"}, {0xff01, "WINS"}, {0xff02, "WINS-R"},
};

constexpr Name classes[] = {{1, "IN"}, {3, "CH"}, {4, "HS"}, {254, "NONE"}, {255, "ANY"}};

constexpr Name rcodes[] = {
    {0, "NOERROR"},  {1, "FORMERR"},    {2, "SERVFAIL"}, {3, "NXDOMAIN"},  {4, "NOTIMP"},
    {5, "REFUSED"},  {6, "YXDOMAIN"},   {7, "YXRRSET"},  {8, "NXRRSET"},   {9, "NOTAUTH"},
    {10, "NOTZONE"}, {11, "DSOTYPENI"}, {16, "BADVERS"}, {17, "BADKEY"},   {18, "BADTIME"},
    {19, "BADMODE"}, {20, "BADNAME"},   {21, "BADALG"},  {22, "BADTRUNC"}, {23, "BADCOOKIE"},
};

constexpr Name opcodes[] = {{0, "QUERY"}, {1, "IQUERY"}, {2, "STATUS"}, {4, "NOTIFY"}, {5, "UPDATE"}, {6, "DSO"}};

constexpr Name flags[] = {
    {flag::qr, "response"},          {flag::aa, "authoritative answer"}, {flag::tc, "truncated"},
    {flag::rd, "recursion desired"}, {flag::ra, "recursion available"},  {flag::ad, "authentic data"},
    {flag::cd, "checking disabled"},
};

constexpr Field<Header> fields[] = {
    {"id", "Transaction id", &Header::id, Show::hex},   {"flags", "Flags", &Header::flags, Show::flags, flags},
    {"qdcount", "Questions", &Header::qdcount},         {"ancount", "Answers", &Header::ancount},
    {"nscount", "Authority records", &Header::nscount}, {"arcount", "Additional records", &Header::arcount},
};

std::string name_or(std::span<const Name> names, std::uint64_t value, const char* prefix) {
    const std::string_view name = name_of(names, value);
    return name.empty() ? prefix + std::to_string(value) : std::string{name};
}

}  // namespace

constinit const std::span<const Field<Header>> header_fields{fields};
constinit const std::span<const Name> flag_names{flags};

std::string type_name(std::uint16_t record_type) { return name_or(types, record_type, "TYPE"); }
std::string class_name(std::uint16_t record_class) { return name_or(classes, record_class, "CLASS"); }
std::string rcode_name(std::uint16_t rcode) { return name_or(rcodes, rcode, "RCODE"); }
std::string opcode_name(std::uint8_t opcode) { return name_or(opcodes, opcode, "OPCODE"); }

const Record* Message::opt() const {
    for (const Record& record : additionals)
        if (record.type == type::opt) return &record;
    return nullptr;
}

std::uint16_t Message::rcode() const {
    const Record* edns = opt();
    const std::uint32_t upper = edns != nullptr ? edns->ttl >> 24U : 0;
    return static_cast<std::uint16_t>(upper << 4U | (header.flags & 0x0fU));
}

}  // namespace diag::dns
