#include "libdiag/proto/dns/update.h"

namespace diag::dns {

Message to_message(const Update& update, std::uint16_t id) {
    Message message;
    message.header.id = id;
    message.header.flags = opcode::update << 11U;
    message.questions.push_back({.name = update.zone, .type = type::soa, .class_ = update.zone_class});
    message.answers = update.prerequisites;
    message.authorities = update.updates;
    message.additionals = update.additionals;
    return message;
}

std::optional<Update> to_update(const Message& message) {
    if (message.is_response() || message.opcode() != opcode::update) return std::nullopt;
    if (message.questions.size() != 1 || message.questions[0].type != type::soa) return std::nullopt;
    return Update{.zone = message.questions[0].name,
                  .zone_class = message.questions[0].class_,
                  .prerequisites = message.answers,
                  .updates = message.authorities,
                  .additionals = message.additionals};
}

Record add_service(const DomainName& owner, const Srv& service, std::uint32_t ttl) {
    return {.name = owner, .type = type::srv, .ttl = ttl, .data = service};
}

Record name_not_in_use(const DomainName& name) {
    return {.name = name, .type = type::any, .class_ = class_none, .data = RawData{}};
}

Record delete_record(const DomainName& owner, std::uint16_t record_type, Bytes rdata) {
    return {.name = owner, .type = record_type, .class_ = class_none, .data = RawData{rdata}};
}

}  // namespace diag::dns
