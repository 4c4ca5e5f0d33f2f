#include "libdiag/dissect/dns_searches.h"

#include <utility>

#include "libdiag/proto/dns/service_name.h"

namespace diag::dissect {
namespace {

constexpr std::size_t max_found_clients = 4096;  // twice as many are remembered
constexpr std::size_t map_node_size = 48;        // what a map has around an entry, about

// `time` is that of an event not long before the search, or in it.
bool is_near(Timestamp time, Timestamp began) { return time.ns != 0 && time.ns >= began.ns - DnsSearches::idle_ns; }

// Whether the client asked for `found` because `other` was over: it had an answer, or had waited for one. Who asks for several
// domains at once passes none over.
bool had_its_time(const DnsSearch& other, const DnsSearch& found) {
    constexpr std::int64_t shortest_wait_ns = 1'000'000'000;  // the least that resolvers wait before they ask again
    const Mark& next = found.lookups.front().asked;
    const bool was_answered = std::any_of(other.lookups.begin(), other.lookups.end(), [&](const DnsLookup& l) {
        return l.ended() && l.ended().packet < next.packet;
    });
    const Mark& first = other.lookups.front().asked;
    return first.packet < next.packet && (was_answered || next.time.ns - first.time.ns >= shortest_wait_ns);
}

template <class Index, class Key> void erase_from(Index& index, const Key& key, DnsSearches::Ref ref) {
    const auto [first, last] = index.equal_range(key);
    const auto entry = std::find_if(first, last, [&](const auto& e) { return e.second == ref; });
    if (entry != last) index.erase(entry);
}

}  // namespace

std::vector<DnsLookup>& DnsSearches::Open::lookups(Kind kind) {
    switch (kind) {
        case Kind::service: return search.lookups;
        case Kind::probe: return search.probes;
        default: return search.address_lookups;
    }
}

DnsPath DnsSearches::Open::Way::path() const {
    DnsPath path = target->path;
    path.address_asked = address_asked;
    path.address_answered = address_answered;
    return path;
}

DnsSearches::QuestionKey DnsSearches::key_of(const DnsLookup& lookup) {
    return {lookup.client, lookup.server, lookup.transport, lookup.id, lookup.type, dns::lower_case(lookup.query)};
}

std::size_t DnsSearches::question_size(const DnsLookup& lookup) {
    return map_node_size + sizeof(QuestionKey) + sizeof(Question) + lookup.query.size();
}

DnsSearches::Ref DnsSearches::begin(DnsSearch search, Timestamp now) {
    searches_.push_back({.search = std::move(search), .began = now, .last = now, .targets = {}, .ways = {}});
    const Ref ref = std::prev(searches_.end());
    by_name_.insert_or_assign(key_of(*ref), ref);
    by_client_.emplace(ref->search.client, ref);
    charge_kept(*ref, sizeof(Open) + 2 * (map_node_size + sizeof(NameKey)) + 2 * ref->search.query.size());
    charge(*ref, ref->search.domain.size());
    return ref;
}

std::optional<DnsSearches::Ref> DnsSearches::find(const IpAddress& client, const std::string& query,
                                                  std::uint16_t type) {
    const auto found = by_name_.find({client, query, type});
    return found == by_name_.end() ? std::nullopt : std::optional{found->second};
}

void DnsSearches::touch(Ref search, Timestamp now) {
    search->last = std::max(search->last, now);
    searches_.splice(searches_.end(), searches_, search);
}

void DnsSearches::end(Ref search) {
    const auto named = by_name_.find(key_of(*search));
    if (named != by_name_.end() && named->second == search) by_name_.erase(named);
}

std::vector<DnsSearches::Ref> DnsSearches::of_client(const IpAddress& client) {
    std::vector<Ref> refs;
    const auto [first, last] = by_client_.equal_range(client);
    for (auto it = last; it != first && refs.size() < max_looked_at;) refs.push_back((--it)->second);
    return refs;
}

std::optional<DnsSearches::Ref> DnsSearches::of_other_family(const IpAddress& client, const Endpoint& host) {
    std::optional<Ref> found;
    std::size_t count = 0;
    for (auto it = searches_.end(); it != searches_.begin() && count < max_looked_at; ++count) {
        --it;
        if (it->search.client.family == client.family) continue;
        if (std::ranges::none_of(it->ways, [&](const Open::Way& way) { return way.host == host; })) continue;
        if (!found) {
            found = it;
        } else if ((*found)->search.client != it->search.client) {
            return std::nullopt;
        }
    }
    return found;
}

void DnsSearches::add_target(Ref search, const DnsLookup& lookup, const DnsLookup::Answer& answer) {
    const std::string name = dns::lower_case(answer.target);
    auto known = search->targets.find(name);
    if (known == search->targets.end()) {
        if (search->targets.size() >= max_targets) return;
        const DnsPath path{.query = lookup.query,
                           .asked = lookup.asked,
                           .answered = lookup.answered,
                           .target = answer.target,
                           .address_asked = {},
                           .address_answered = {}};
        known = search->targets.emplace(name, Open::Target{.ports = {}, .path = path}).first;
        by_target_.emplace(std::pair{search->search.client, name}, search);
        charge_kept(*search, sizeof(Open::Target) + path.query.size() + path.target.size() +
                                 2 * (map_node_size + sizeof(NameKey) + name.size()));
    }
    auto& ports = known->second.ports;
    if (ports.size() < max_ports && ports.insert(answer.port).second) charge_kept(*search, map_node_size);
}

void DnsSearches::add_way(Ref search, const Open::Way& way) {
    if (search->ways.size() >= max_ways) return;
    search->ways.push_back(way);
    charge_kept(*search, sizeof(Open::Way));
}

void DnsSearches::add_connection(Ref search, DnsSearch::Connection connection) {
    auto& connections = search->search.connections;
    if (search->reported || connections.size() >= max_connections) return;
    charge(*search, sizeof(DnsSearch::Connection) + connection.target.size());
    connections.push_back(std::move(connection));
}

std::optional<DnsSearches::Ref> DnsSearches::find_target(const IpAddress& client, const std::string& target,
                                                         std::uint16_t type) {
    const auto [first, last] = by_target_.equal_range({client, target});
    if (first == last) return std::nullopt;
    const auto has_lookup = [&](const Open& open) {
        return std::any_of(open.search.address_lookups.begin(), open.search.address_lookups.end(),
                           [&](const DnsLookup& l) { return l.type == type && dns::lower_case(l.query) == target; });
    };
    auto it = last;
    for (std::size_t count = 0; it != first && count < max_looked_at; ++count)
        if (!has_lookup(*(--it)->second)) return it->second;
    return std::prev(last)->second;
}

void DnsSearches::add_question(Ref search, Kind kind, DnsLookup lookup) {
    auto& lookups = search->lookups(kind);
    // The connection that was opened to ask this.
    const auto at = std::find_if(lookups.begin(), lookups.end(), [&](const DnsLookup& l) {
        return l.connection_only && l.client == lookup.client && l.server == lookup.server;
    });
    const bool is_new = at == lookups.end();
    if (is_new && lookups.size() >= max_lookups) return;
    const auto index = static_cast<std::size_t>(at - lookups.begin());
    if (is_new) charge(*search, sizeof(DnsLookup) + lookup.query.size());
    if (!lookup.connection_only) {
        charge(*search, question_size(lookup));
        questions_.insert_or_assign(key_of(lookup), Question{.search = search, .kind = kind, .index = index});
    }
    if (is_new) {
        lookups.push_back(std::move(lookup));
    } else {
        *at = std::move(lookup);
    }
}

const DnsSearches::Question* DnsSearches::find_question(const DnsLookup& like) const {
    const QuestionKey key = key_of(like);
    const auto found = questions_.lower_bound(key);
    if (found == questions_.end()) return nullptr;
    const QuestionKey& at = found->first;
    const bool is_same = like.query.empty() ? at.client == key.client && at.server == key.server &&
                                                  at.transport == key.transport && at.id == key.id
                                            : at == key;
    return is_same ? &found->second : nullptr;
}

const DnsSearches::Question* DnsSearches::any_question(const Endpoint& client, const Endpoint& server) const {
    for (const Endpoint& from : {server, Endpoint{}}) {
        const auto at = questions_.lower_bound({client, from, {}, 0, 0, {}});
        if (at != questions_.end() && at->first.client == client && (at->first.server == server || from != server))
            return &at->second;
    }
    return nullptr;
}

void DnsSearches::add_stray(const Question& question, const DnsLookup::Stray& stray) {
    auto& strays = question.lookup().strays;
    if (strays.size() >= max_strays) return;
    strays.push_back(stray);
    charge(*question.search, sizeof(DnsLookup::Stray));
}

void DnsSearches::close_question(const Question& question) {
    const DnsLookup& lookup = question.lookup();
    std::size_t size = lookup.message.size();
    for (const auto& answer : lookup.answers)
        size += sizeof(DnsLookup::Answer) + answer.name.size() + answer.data.size() + answer.target.size();
    charge(*question.search, size);
    discharge(*question.search, question_size(lookup));
    questions_.erase(key_of(lookup));
}

void DnsSearches::charge(Open& open, std::size_t size) {
    open.memory_size += size;
    memory_size_ += size;
}

void DnsSearches::discharge(Open& open, std::size_t size) {
    open.memory_size -= size;
    memory_size_ -= size;
}

void DnsSearches::charge_kept(Open& open, std::size_t size) {
    open.kept_size += size;
    charge(open, size);
}

void DnsSearches::on_named_host(Ref search) {
    const DnsSearch& found = search->search;
    for (const Ref ref : of_client(found.client)) {
        DnsSearch& other = ref->search;
        if (ref == search || ref->reported || other.domain == found.domain || !other.passed_over_for.empty()) continue;
        if (other.names_host() || !is_near(ref->last, search->began) || !had_its_time(other, found)) continue;
        other.passed_over_for = found.domain;
        charge(*ref, found.domain.size());
    }
}

void DnsSearches::on_found(const IpAddress& client, Timestamp now, bool served) {
    if (found_.size() >= max_found_clients && !found_.contains(client)) {
        found_before_ = std::move(found_);
        found_.clear();
    }
    Found& found = found_[client];
    Timestamp& time = served ? found.answer : found.host;
    time = std::max(time, now);
}

void DnsSearches::tell_found(Open& open) const {
    DnsSearch& search = open.search;
    for (const auto* clients : {&found_, &found_before_}) {
        const auto found = clients->find(search.client);
        if (found == clients->end()) continue;
        search.client_was_served = search.client_was_served || is_near(found->second.answer, open.began);
        search.client_found_host = search.client_found_host || is_near(found->second.host, open.began);
    }
    search.client_found_host = search.client_found_host || search.client_was_served;
}

DnsSearch DnsSearches::take(Ref ref, Timestamp now) {
    for (const Kind kind : {Kind::service, Kind::probe, Kind::address}) {
        auto& lookups = ref->lookups(kind);
        for (std::size_t i = 0; i < lookups.size(); ++i) {
            const auto question = questions_.find(key_of(lookups[i]));
            const bool is_its = question != questions_.end() && question->second.search == ref &&
                                question->second.kind == kind && question->second.index == i;
            if (is_its) questions_.erase(question);
        }
    }
    tell_found(*ref);
    discharge(*ref, ref->memory_size - ref->kept_size);
    ref->reported = true;
    ref->search.observed_until = now;
    const DnsSearch& s = ref->search;
    DnsSearch kept{.client = s.client,
                   .query = s.query,
                   .domain = {},
                   .type = s.type,
                   .lookups = {},
                   .probes = {},
                   .address_lookups = {},
                   .connections = {},
                   .observed_until = {}};
    return std::exchange(ref->search, std::move(kept));
}

void DnsSearches::forget(Ref ref) {
    end(ref);
    erase_from(by_client_, ref->search.client, ref);
    for (const auto& [name, target] : ref->targets) erase_from(by_target_, std::pair{ref->search.client, name}, ref);
    discharge(*ref, ref->memory_size);
    searches_.erase(ref);
}

std::vector<DnsSearch> DnsSearches::take_due(Timestamp now) {
    std::vector<DnsSearch> taken;
    while (is_due(now)) {
        const Ref ref = searches_.begin();
        if (!ref->reported) taken.push_back(take(ref, now));
        forget(ref);
    }
    return taken;
}

std::vector<DnsSearch> DnsSearches::take_connected(const IpAddress& client, const Endpoint& host, Timestamp now) {
    std::vector<DnsSearch> taken;
    for (const Ref ref : of_client(client)) {
        const auto& connections = ref->search.connections;
        const bool is_its = std::any_of(connections.begin(), connections.end(),
                                        [&](const DnsSearch::Connection& c) { return c.host == host; });
        if (ref->reported || !is_its) continue;
        end(ref);
        taken.push_back(take(ref, now));
    }
    return taken;
}

std::vector<DnsSearch> DnsSearches::take_all(Timestamp now) {
    std::vector<DnsSearch> taken;
    while (!searches_.empty()) {
        const Ref ref = searches_.begin();
        if (!ref->reported) taken.push_back(take(ref, now));
        forget(ref);
    }
    std::sort(taken.begin(), taken.end(), [](const DnsSearch& a, const DnsSearch& b) {
        return a.lookups.front().asked.packet < b.lookups.front().asked.packet;
    });
    return taken;
}

}  // namespace diag::dissect
