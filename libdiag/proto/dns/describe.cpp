#include "libdiag/proto/dns/describe.h"

#include <array>

#include "libdiag/proto/dns/names.h"

namespace diag::dns {
namespace {

struct ShowData {
    std::string operator()(const RawData& raw) const { return detail::show_bytes(raw.bytes, Show::bytes).value; }
    std::string operator()(const IpAddress& address) const { return diag::to_string(address); }
    std::string operator()(const DomainName& name) const { return to_string(name); }
    std::string operator()(const Srv& srv) const {
        return "priority " + std::to_string(srv.priority) + ", weight " + std::to_string(srv.weight) + ", port " +
               std::to_string(srv.port) + ", target " + to_string(srv.target);
    }
    std::string operator()(const Soa& soa) const {
        return "server " + to_string(soa.mname) + ", mailbox " + to_string(soa.rname) + ", serial " +
               std::to_string(soa.serial) + ", minimum " + std::to_string(soa.minimum);
    }
    std::string operator()(const Opt& opt) const { return std::to_string(edns_options(opt).size()) + " options"; }
    std::string operator()(const Tsig& tsig) const {
        return to_string(tsig.algorithm) + ", signed at " + std::to_string(tsig.time_signed) + ", MAC of " +
               std::to_string(tsig.mac.size()) + " bytes, error " + rcode_name(tsig.error);
    }
};

struct SectionName {
    std::string_view key, label;
};
/// The four sections; an UPDATE has others in their places (RFC 2136 2).
using SectionNames = std::array<SectionName, 4>;
constexpr SectionNames query_sections = {
    {{"question", "Question"}, {"answer", "Answer"}, {"authority", "Authority"}, {"additional", "Additional"}}};
constexpr SectionNames update_sections = {
    {{"zone", "Zone"}, {"prerequisite", "Prerequisite"}, {"update", "Update"}, {"additional", "Additional"}}};

Node describe_question(SectionName section, const Question& question, std::size_t offset) {
    return {.key = std::string{section.key},
            .label = std::string{section.label},
            .offset = offset + question.place.offset,
            .size = question.place.size,
            .value = to_string(question.name),
            .meaning = class_name(question.class_) + " " + type_name(question.type)};
}

Node describe_record(SectionName section, const Record& record, std::size_t offset) {
    Node node{.key = std::string{section.key},
              .label = std::string{section.label},
              .offset = offset + record.place.offset,
              .size = record.place.size,
              .value = to_string(record.name)};
    if (record.type == type::opt) {
        node.meaning = "OPT, UDP payload size " + std::to_string(record.class_);
    } else {
        node.meaning = class_name(record.class_) + " " + type_name(record.type);
        node.add({.key = "ttl", .label = "Time to live", .value = std::to_string(record.ttl), .meaning = "seconds"});
    }
    node.add({.key = "rdata", .label = "Data", .value = std::visit(ShowData{}, record.data)});
    return node;
}

void describe_header(const Message& message, std::size_t offset, Node& node) {
    describe_fields(header_fields, message.header, offset, node);
    node.add({.key = "opcode",
              .label = "Operation",
              .value = std::to_string(message.opcode()),
              .meaning = opcode_name(message.opcode())});
    if (message.is_response())
        node.add({.key = "rcode",
                  .label = "Response code",
                  .value = std::to_string(message.rcode()),
                  .meaning = rcode_name(message.rcode())});
}

std::string_view word_of(WireError::Kind kind) {
    switch (kind) {
        case WireError::Kind::truncated: return "truncated";
        case WireError::Kind::malformed: return "malformed";
        case WireError::Kind::limit: return "too much";
    }
    return "unknown";
}

}  // namespace

Node describe_message(const PartialMessage& partial, std::size_t offset, std::size_t size) {
    const Message& message = partial.message;
    Node node{.key = "dns", .label = "Domain Name System", .offset = offset, .size = size};
    node.meaning = message.is_response() ? "response" : "query";
    if (size >= header_size) describe_header(message, offset, node);
    const SectionNames& names = message.opcode() == opcode::update ? update_sections : query_sections;
    for (const Question& question : message.questions) node.add(describe_question(names[0], question, offset));
    for (const Record& record : message.answers) node.add(describe_record(names[1], record, offset));
    for (const Record& record : message.authorities) node.add(describe_record(names[2], record, offset));
    for (const Record& record : message.additionals) node.add(describe_record(names[3], record, offset));
    if (partial.error)
        node.add({.key = "error",
                  .label = "Unreadable from here",
                  .offset = offset + partial.error->offset,
                  .value = std::string{partial.error->field},
                  .meaning = std::string{word_of(partial.error->kind)}});
    return node;
}

}  // namespace diag::dns
