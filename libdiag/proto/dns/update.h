#pragma once

#include <optional>

#include "libdiag/proto/dns/message.h"

namespace diag::dns {

/// A dynamic update (RFC 2136 2). It has the form of every message, with other contents in its sections: the question is the
/// zone, answers are prerequisites, authorities are what is to be changed.
///
/// What a record asks for is in its class: that of the zone adds it, ANY without data deletes (or, as a prerequisite, wants)
/// a record set or a name, NONE deletes one record (or wants none).
struct Update {
    DomainName zone;
    std::uint16_t zone_class = class_in;
    std::vector<Record> prerequisites, updates, additionals;
    friend bool operator==(const Update&, const Update&) = default;
};

/// The request, unsigned.
Message to_message(const Update& update, std::uint16_t id);

/// The request that a message is; nullopt when it is an answer, no update, or names not exactly one zone by its SOA.
std::optional<Update> to_update(const Message& message);

/// Adds an SRV record to its set, whatever else is in there (RFC 2136 2.5.1).
Record add_service(const DomainName& owner, const Srv& service, std::uint32_t ttl);

/// As a prerequisite: nothing stands under this name (RFC 2136 2.4.5).
Record name_not_in_use(const DomainName& name);

/// Deletes this one record, which need not be there (RFC 2136 2.5.4, 3.4.2.4). `rdata`: as on the wire.
Record delete_record(const DomainName& owner, std::uint16_t record_type, Bytes rdata);

}  // namespace diag::dns
