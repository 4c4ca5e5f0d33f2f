#include "libdiag/dissect/dns_watch.h"

#include <fmt/format.h>

#include "libdiag/proto/dns/decode.h"
#include "libdiag/proto/dns/names.h"
#include "libdiag/proto/dns/service_name.h"

namespace diag::dissect {
namespace {

constexpr std::size_t max_paths = 4096;
constexpr std::int64_t new_attempt_ns = 30'000'000'000;  // who asks again after that long tries anew

// The first label of the first question, without decoding the rest: most DNS traffic is none of ours.
Bytes first_label_of(Bytes message) {
    const std::size_t at = dns::header_size;
    if (message.size() <= at || message.size() - at - 1 < message[at] || message[at] > dns::max_label_size) return {};
    return message.subspan(at + 1, message[at]);
}

std::string label_text(Bytes label) { return dns::lower_case({label.begin(), label.end()}); }

// As a message has it: the text of a name has escapes, which may hold dots.
std::string first_label_of(const std::string& name) {
    const auto parsed = dns::DomainName::parse(name);
    return parsed && !parsed->is_root() ? label_text(parsed->labels().front()) : std::string{};
}

bool is_response(Bytes message) { return (message[2] & 0x80U) != 0; }

bool is_address_type(std::uint16_t type) { return type == dns::type::a || type == dns::type::aaaa; }

std::string name_text(const dns::Question& question) { return dns::to_string(question.name); }

std::string data_text(const dns::Record& record) {
    if (const auto* srv = std::get_if<dns::Srv>(&record.data)) {
        return fmt::format("{} {} {} {}", srv->priority, srv->weight, srv->port, dns::to_string(srv->target));
    }
    if (const auto* address = std::get_if<IpAddress>(&record.data)) return to_string(*address);
    if (const auto* name = std::get_if<dns::DomainName>(&record.data)) return dns::to_string(*name);
    return {};
}

DnsLookup::Answer answer_of(const dns::Record& record) {
    DnsLookup::Answer answer{.name = dns::to_string(record.name),
                             .data = data_text(record),
                             .type = record.type,
                             .record_class = record.class_,
                             .ttl = record.ttl,
                             .target = {}};
    if (const auto* srv = std::get_if<dns::Srv>(&record.data)) {
        answer.is_srv = true;
        answer.priority = srv->priority;
        answer.weight = srv->weight;
        answer.port = srv->port;
        answer.target = dns::to_string(srv->target);
    }
    return answer;
}

// Servers that refuse may leave the question out; then only the id tells what they refuse.
DnsLookup lookup_of(const DnsPacket& packet, const dns::Message& message) {
    DnsLookup lookup;
    lookup.client = packet.source;
    lookup.server = packet.destination;
    lookup.transport = packet.transport;
    lookup.connection = packet.connection;
    lookup.id = message.header.id;
    if (!message.questions.empty()) {
        lookup.query = name_text(message.questions.front());
        lookup.type = message.questions.front().type;
    }
    lookup.asked = lookup.asked_last = packet.mark;
    lookup.fraction_digits = packet.fraction_digits;
    return lookup;
}

// A server that has said what it has to say is asked again only by who begins anew.
bool is_over_for(const DnsSearches::Open& open, const Endpoint& server, Timestamp now) {
    if (open.reported || now.ns - open.last.ns > new_attempt_ns) return true;
    const auto& lookups = open.search.lookups;
    return std::any_of(lookups.begin(), lookups.end(), [&](const DnsLookup& l) {
        const bool is_final = l.rcode == dns::rcode::no_error || l.rcode == dns::rcode::name_error;
        return l.server == server && is_final && !l.truncated;
    });
}

// The server's answer over UDP was truncated, and over TCP it has not answered yet.
bool waits_for_tcp(const std::vector<DnsLookup>& lookups, const Endpoint& server) {
    const auto has = [&](auto is_such) {
        return std::any_of(lookups.begin(), lookups.end(),
                           [&](const DnsLookup& l) { return l.server == server && is_such(l); });
    };
    return has([](const DnsLookup& l) { return l.transport == DnsTransport::udp && l.truncated; }) &&
           !has([](const DnsLookup& l) { return l.transport == DnsTransport::tcp && l.answered; });
}

}  // namespace

bool DnsWatch::may_be_ours(Bytes message) const {
    if (message.size() < dns::header_size) return false;
    const Bytes label = first_label_of(message);
    if (dns::may_begin_service_name(label)) return true;
    if (is_response(message) && searches_.has_questions()) return true;
    return !target_labels_.empty() && target_labels_.contains(label_text(label));
}

bool DnsWatch::on_message(const DnsPacket& packet) {
    if (!may_be_ours(packet.message)) return false;
    const auto [message, error] = dns::decode_partial(packet.message);
    if (message.opcode() != dns::opcode::query) return false;
    if (message.is_response()) {
        on_answer(packet, message, error.has_value());
    } else if (!message.questions.empty()) {
        on_question(packet, message);
    }
    return true;
}

void DnsWatch::on_question(const DnsPacket& packet, const dns::Message& message) {
    const auto& question = message.questions.front();
    if (const auto* known = searches_.find_question(lookup_of(packet, message))) {
        ++known->lookup().asked_count;
        known->lookup().asked_last = packet.mark;
        return searches_.touch(known->search, packet.mark.time);
    }
    if ((message.header.flags & dns::flag::rd) == 0) return;
    const IpAddress& client = packet.source.ip;
    if (is_address_type(question.type)) {
        const auto search = searches_.find_target(client, dns::lower_case(name_text(question)), question.type);
        if (search) {
            if (!(*search)->reported) searches_.add_question(*search, Kind::address, lookup_of(packet, message));
            return searches_.touch(*search, packet.mark.time);
        }
    }
    const auto [kind, domain] = dns::read_service_name(question.name);
    if (kind == dns::ServiceNameKind::service) return on_service_question(packet, message, domain);
    if (kind == dns::ServiceNameKind::other) return;
    const auto search = searches_.find(client, std::string{dns::service_prefix} + domain, dns::type::srv);
    if (!search || (*search)->reported || question.type != dns::type::srv) return;
    searches_.add_question(*search, Kind::probe, lookup_of(packet, message));
    searches_.touch(*search, packet.mark.time);
}

void DnsWatch::on_service_question(const DnsPacket& packet, const dns::Message& message, const std::string& domain) {
    DnsLookup lookup = lookup_of(packet, message);
    const std::string query = dns::lower_case(lookup.query);
    auto search = searches_.find(packet.source.ip, query, lookup.type);
    if (search && is_over_for(**search, lookup.server, packet.mark.time)) {
        searches_.end(*search);
        search.reset();
    }
    if (!search) {
        DnsSearch begun;
        begun.client = packet.source.ip;
        begun.query = query;
        begun.domain = domain;
        begun.type = lookup.type;
        search = searches_.begin(std::move(begun), packet.mark.time);
    }
    searches_.touch(*search, packet.mark.time);
    searches_.add_question(*search, Kind::service, std::move(lookup));
}

void DnsWatch::on_answer(const DnsPacket& packet, const dns::Message& message, bool damaged) {
    DnsLookup like = lookup_of(packet, message);
    std::swap(like.client, like.server);
    if (const auto* question = searches_.find_question(like))
        return take_answer(Question{*question}, packet, message, damaged);
    if (searches_.has_questions()) note_stray(packet, message);
    if (!message.questions.empty() && targets_.contains(dns::lower_case(name_text(message.questions.front()))))
        remember_addresses(message.answers);
}

void DnsWatch::take_answer(const Question& question, const DnsPacket& packet, const dns::Message& message,
                           bool damaged) {
    DnsLookup& lookup = question.lookup();
    lookup.answered = packet.mark;
    lookup.cut = packet.cut;
    lookup.truncated = (message.header.flags & dns::flag::tc) != 0;
    lookup.malformed = damaged && !packet.cut && !lookup.truncated;
    if (!lookup.malformed) {
        lookup.rcode = message.rcode();
        for (const auto& record : message.answers) lookup.answers.push_back(answer_of(record));
    }
    lookup.message.assign(packet.message.begin(), packet.message.end());
    if (question.kind == Kind::service) take_hosts(question, message);
    if (question.kind == Kind::address && !lookup.malformed) {
        take_addresses(question.search, lookup, message.answers);
        remember_addresses(message.answers);
    }
    searches_.close_question(question);
    searches_.touch(question.search, packet.mark.time);
}

void DnsWatch::take_hosts(const Question& question, const dns::Message& message) {
    const DnsLookup& lookup = question.lookup();
    if (!lookup.names_host()) return;
    searches_.on_found(lookup.client.ip, lookup.answered.time, false);
    searches_.on_named_host(question.search);
    for (const auto& answer : lookup.answers) {
        if (!answer.is_srv || answer.target == ".") continue;
        searches_.add_target(question.search, lookup, answer);
        const std::string target = dns::lower_case(answer.target);
        if (targets_.size() >= max_names || !targets_.insert(target).second) continue;
        target_labels_.insert(first_label_of(target));
    }
    take_addresses(question.search, lookup, message.additionals);
    remember_addresses(message.additionals);
}

// Addresses of a host that the records name, with the ports of these records.
void DnsWatch::take_addresses(DnsSearches::Ref search, const DnsLookup& lookup,
                              const std::vector<dns::Record>& records) {
    const bool is_asked = is_address_type(lookup.type);
    for (const auto& record : records) {
        const auto* address = std::get_if<IpAddress>(&record.data);
        if (address == nullptr) continue;
        // Behind an alias the record has another name than the question.
        const auto target =
            search->targets.find(dns::lower_case(is_asked ? lookup.query : dns::to_string(record.name)));
        if (target == search->targets.end()) continue;
        for (const std::uint16_t port : target->second.ports)
            searches_.add_way(search, {.host = {*address, port},
                                       .target = &target->second,
                                       .address_asked = is_asked ? lookup.asked : Mark{},
                                       .address_answered = is_asked ? lookup.answered : Mark{}});
    }
}

// Something from a DNS server to a port from which a question is open, and no answer to it.
void DnsWatch::note_stray(const DnsPacket& packet, const dns::Message& message) {
    const auto* question = searches_.any_question(packet.destination, packet.source);
    if (question == nullptr) return;
    const DnsLookup& lookup = question->lookup();
    if (lookup.transport != packet.transport) return;
    const StrayReason reason = lookup.server != packet.source   ? StrayReason::other_server
                               : lookup.id != message.header.id ? StrayReason::other_id
                                                                : StrayReason::other_question;
    searches_.add_stray(*question, {packet.mark, reason});
}

void DnsWatch::on_tcp_attempt(const Endpoint& client, const Endpoint& server, Mark mark, std::uint8_t fraction_digits) {
    for (const auto search : searches_.of_client(client.ip)) {
        if (!waits_for_tcp(search->search.lookups, server)) continue;
        DnsLookup attempt;
        attempt.client = client;
        attempt.server = server;
        attempt.transport = DnsTransport::tcp;
        attempt.connection = mark.packet;
        attempt.query = search->search.query;
        attempt.type = search->search.type;
        attempt.asked = attempt.asked_last = mark;
        attempt.fraction_digits = fraction_digits;
        attempt.connection_only = true;
        searches_.add_question(search, Kind::service, std::move(attempt));
        searches_.touch(search, mark.time);
    }
}

void DnsWatch::on_refused(const Endpoint& client, const Endpoint& server, DnsTransport transport, Mark mark) {
    for (const auto search : searches_.of_client(client.ip)) {
        for (const Kind kind : {Kind::service, Kind::probe, Kind::address}) {
            for (DnsLookup& lookup : search->lookups(kind)) {
                const bool is_its = lookup.client == client && lookup.server == server && lookup.transport == transport;
                if (is_its && !lookup.answered && !lookup.refused) lookup.refused = mark;
            }
        }
    }
}

bool DnsWatch::on_named_connect(const Endpoint& client, const Endpoint& host, Mark mark) {
    bool is_known = false;
    auto searches = searches_.of_client(client.ip);
    if (searches.empty())
        if (const auto other = searches_.of_other_family(client.ip, host)) searches.push_back(*other);
    for (const auto search : searches) {
        // The latest: what the client asked for says more than what came unasked beside the record.
        const auto way =
            std::find_if(search->ways.rbegin(), search->ways.rend(), [&](const auto& w) { return w.host == host; });
        if (way == search->ways.rend()) continue;
        is_known = true;
        const std::pair key{client.ip, host};
        DnsPath path = way->path();
        path.has_others =
            search->targets.size() > 1 || std::any_of(search->ways.begin(), search->ways.end(),
                                                      [&](const auto& other) { return other.host != host; });
        searches_.add_connection(search, {host, path.target, mark});
        if (paths_.size() < max_paths || paths_.contains(key)) paths_.insert_or_assign(key, std::move(path));
        searches_.touch(search, mark.time);
    }
    return is_known;
}

std::vector<DnsSearch> DnsWatch::take_connected(const IpAddress& client, const Endpoint& host, Timestamp now) {
    if (!has_path(client, host)) return {};
    return searches_.take_connected(client, host, now);
}

void DnsWatch::remember_addresses(const std::vector<dns::Record>& records) {
    for (const auto& record : records) {
        const auto* address = std::get_if<IpAddress>(&record.data);
        if (address == nullptr || names_.size() >= max_names) continue;
        names_.emplace(*address, dns::to_string(record.name));
    }
}

std::optional<DnsPath> DnsWatch::path_of(const IpAddress& client, const Endpoint& host) const {
    const auto found = paths_.find({client, host});
    return found == paths_.end() ? std::nullopt : std::optional{found->second};
}

std::string DnsWatch::name_of(const IpAddress& address) const {
    const auto found = names_.find(address);
    return found == names_.end() ? std::string{} : found->second;
}

}  // namespace diag::dissect
