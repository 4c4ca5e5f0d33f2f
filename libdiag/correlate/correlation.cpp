#include "libdiag/correlate/correlation.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <tuple>
#include <utility>

#include "libdiag/correlate/contact_reader.h"

namespace diag::correlate {
namespace {

constexpr std::uint32_t none = IndexTable::none;
constexpr std::size_t share_that_makes_room = 8;  // one contact in so many goes when there is no room
constexpr std::size_t spare_of_client = 16;
constexpr std::int64_t copy_tolerance_ns = 10'000'000'000;  // clocks of two capturing machines
constexpr std::size_t texts_of_contact = 7 * (TextPool::max_text_size + 2);

std::uint64_t hash_of(const ClientKey& key, std::uint64_t hash_key) {
    std::array<std::uint8_t, 17> bytes{};
    std::copy(key.octets.begin(), key.octets.end(), bytes.begin());
    bytes.back() = static_cast<std::uint8_t>(key.kind);
    return keyed_hash(bytes, hash_key);
}

// Contacts at the same moment stand in the order of their files and packets.
auto order_of(const Contact& c) { return std::tuple{c.time.ns, c.file, c.packet}; }

// The same request seen at another place; a client writes another time, to 100 ns, into each. What has no request is told by
// its addresses and its end.
bool is_same(const Contact& a, const Contact& b) {
    if (a.file == b.file || a.has_request != b.has_request) return false;
    if (a.has_request) return a.client_time == b.client_time && a.product == b.product;
    return a.client == b.client && a.client_port == b.client_port && a.host == b.host && a.outcome == b.outcome &&
           std::abs(a.time.ns - b.time.ns) <= copy_tolerance_ns;
}

// Of two copies the one that knows the answer is kept, else the earlier one: whatever order the captures have.
bool is_better(const Contact& a, const Contact& b) {
    return std::tuple{!is_answered(a.result), a.time.ns} < std::tuple{!is_answered(b.result), b.time.ns};
}

}  // namespace

Correlation::Correlation(std::uint64_t hash_key, const Limits& limits)
    : hash_key_{hash_key}, limits_{limits}, texts_{hash_key, limits.max_text_size} {}

// Past 65535 captures the last name stands for all that follow.
void Correlation::begin_capture(std::string name) {
    if (files_.size() <= UINT16_MAX) files_.push_back(std::move(name));
}

void Correlation::add(const dissect::Conversation& conversation, const Ending& ending, bool selected) {
    const auto take = [&](const dissect::Exchange* exchange) {
        keep(read_contact(conversation, exchange, ending), selected);
    };
    for (const auto& exchange : conversation.exchanges) take(&exchange);
    // Parts of a long conversation have their requests; a part without any is no attempt.
    if (conversation.exchanges.empty() && conversation.part == 1 && !conversation.continues) take(nullptr);
}

void Correlation::add_failed_search(const dissect::DnsSearch& search, std::string_view outcome, bool selected) {
    keep(read_contact(search, outcome), selected);
}

void Correlation::keep(const ReadContact& read, bool selected) {
    ++contact_count_;
    if (contacts_.size() - free_.size() >= limits_.max_contacts || !texts_.has_room(texts_of_contact)) make_room();
    Contact contact = read.facts;
    contact.file = files_.empty() ? std::uint16_t{0} : static_cast<std::uint16_t>(files_.size() - 1);
    const std::uint32_t number = client_number(read.key());
    if (number == none) {
        ++left_out_count_;
        note_host(contact, selected);
        return;
    }
    Client& client = clients_[number];
    client.selected = client.selected || selected;
    contact.owner = number;
    const std::pair<TextId Contact::*, std::string_view> texts[] = {
        {&Contact::workstation_name, read.workstation_name},
        {&Contact::product, read.product},
        {&Contact::epid, read.epid},
        {&Contact::hwid, read.hwid},
        {&Contact::previous_id, read.previous_id},
        {&Contact::path, read.path},
        {&Contact::outcome, read.outcome},
    };
    // A client has one name, and hosts repeat themselves.
    TextId known_name{};
    if (client.newest != none) known_name = contacts_[client.newest].workstation_name;
    for (const auto& [member, text] : texts) {
        const TextId guess = member == &Contact::workstation_name ? known_name : latest_.*member;
        contact.*member = texts_.add(text, guess).value_or(no_text);
    }
    latest_ = contact;
    if (!replace_copy(client, contact)) return;
    if (contact.copies == 0) {
        if (client.contact_count++ == 0 || contact.time < client.first) client.first = contact.time;
        note_host(contact, selected);
    }
    link(client, contact);
}

// False when the contact is known already. Takes the place of a copy that knows less.
bool Correlation::replace_copy(Client& client, Contact& contact) {
    if (files_.size() < 2) return true;
    std::uint32_t* at = &client.newest;
    while (*at != none && !is_same(contacts_[*at], contact)) at = &contacts_[*at].next;
    if (*at == none) return true;
    Contact& known = contacts_[*at];
    ++copy_count_;
    --contact_count_;
    known.copies = static_cast<std::uint8_t>(std::min(known.copies + 1, UINT8_MAX));
    if (!is_better(contact, known)) return false;
    const auto host = hosts_.find(known.host);
    if (host != hosts_.end() && known.host == contact.host) {
        host->second.answered_count += is_answered(contact.result) && !is_answered(known.result) ? 1 : 0;
        host->second.success_count += is_success(contact.result) && !is_success(known.result) ? 1 : 0;
    }
    contact.copies = known.copies;
    client.first = std::min(client.first, contact.time);
    release(client, at);
    return true;
}

void Correlation::note_host(const Contact& contact, bool selected) {
    if (contact.host.port == 0) return;
    auto host = hosts_.find(contact.host);
    if (host == hosts_.end()) {
        if (hosts_.size() >= limits_.max_hosts) return;
        host = hosts_.try_emplace(contact.host).first;
        host->second.first = host->second.last = contact.time;
    }
    HostTotals& totals = host->second;
    totals.first = std::min(totals.first, contact.time);
    totals.last = std::max(totals.last, contact.time);
    ++totals.contact_count;
    totals.answered_count += is_answered(contact.result) ? 1 : 0;
    totals.success_count += is_success(contact.result) ? 1 : 0;
    totals.selected = totals.selected || selected;
}

std::uint32_t Correlation::client_number(const ClientKey& key) {
    const std::uint64_t hash = hash_of(key, hash_key_);
    const std::uint32_t known = client_table_.find(hash, [&](std::uint32_t n) { return clients_[n].key == key; });
    if (known != none) return known;
    if (!key.is_machine_id()) {
        if (address_count_ >= limits_.max_addresses) return none;
        ++address_count_;
    }
    const auto number = static_cast<std::uint32_t>(clients_.size());
    clients_.push_back({.key = key});
    client_table_.insert(hash, number, [this](std::uint32_t n) { return hash_of(clients_[n].key, hash_key_); });
    return number;
}

// Into the client's list, latest first. Those that are one too many go together: walking to the end of the list for each of them
// showed in profiles.
void Correlation::link(Client& client, const Contact& contact) {
    std::uint32_t* at = &client.newest;
    while (*at != none && order_of(contacts_[*at]) > order_of(contact)) at = &contacts_[*at].next;
    if (client.kept >= limits_.max_of_client && *at == none) return;
    const std::uint32_t number = new_contact(contact);
    contacts_[number].next = *at;
    *at = number;
    if (++client.kept > limits_.max_of_client + spare_of_client) trim(client);
}

void Correlation::trim(Client& client) {
    std::uint32_t* at = &client.newest;
    for (std::size_t i = 0; i < limits_.max_of_client && *at != none; ++i) at = &contacts_[*at].next;
    while (*at != none) release(client, at);
}

void Correlation::settle() {
    for (Client& client : clients_)
        if (client.kept > limits_.max_of_client) trim(client);
}

void Correlation::release(Client& client, std::uint32_t* link) {
    const std::uint32_t number = *link;
    *link = contacts_[number].next;
    contacts_[number].owner = none;
    free_.push_back(number);
    --client.kept;
}

std::uint32_t Correlation::new_contact(const Contact& contact) {
    if (free_.empty()) {
        contacts_.push_back(contact);
        return static_cast<std::uint32_t>(contacts_.size() - 1);
    }
    const std::uint32_t number = free_.back();
    free_.pop_back();
    contacts_[number] = contact;
    return number;
}

void Correlation::make_room() {
    std::vector<std::int64_t> times;
    times.reserve(contacts_.size());
    for (const Contact& contact : contacts_)
        if (contact.owner != none) times.push_back(contact.time.ns);
    const std::size_t share = times.size() / share_that_makes_room + 1;
    if (times.size() < share) return;
    const auto cutoff = times.begin() + static_cast<std::ptrdiff_t>(share - 1);
    std::nth_element(times.begin(), cutoff, times.end());
    forget(Timestamp{*cutoff}, share);
    rebuild_clients();
    rebuild_texts();
}

// At most `budget` contacts, none of them later than `until`.
void Correlation::forget(Timestamp until, std::size_t budget) {
    for (Client& client : clients_) {
        std::uint32_t* at = &client.newest;
        while (*at != none && contacts_[*at].time > until) at = &contacts_[*at].next;
        while (*at != none && budget > 0) {
            release(client, at);
            ++forgotten_count_;
            --budget;
        }
    }
}

void Correlation::rebuild_clients() {
    client_table_.clear();
    std::uint32_t used = 0;
    for (Client& client : clients_) {
        if (client.kept == 0) {
            address_count_ -= client.key.is_machine_id() ? 0 : 1;
            continue;
        }
        for (std::uint32_t n = client.newest; n != none; n = contacts_[n].next) contacts_[n].owner = used;
        clients_[used] = client;
        client_table_.insert(hash_of(client.key, hash_key_), used,
                             [this](std::uint32_t n) { return hash_of(clients_[n].key, hash_key_); });
        ++used;
    }
    clients_.resize(used);
}

void Correlation::rebuild_texts() {
    TextPool fresh{hash_key_, limits_.max_text_size};
    for (Contact& contact : contacts_) {
        if (contact.owner == none) continue;
        for (TextId Contact::*member : {&Contact::workstation_name, &Contact::product, &Contact::epid, &Contact::hwid,
                                        &Contact::previous_id, &Contact::path, &Contact::outcome})
            contact.*member = fresh.add(texts_.text(contact.*member)).value_or(no_text);
    }
    texts_ = std::move(fresh);
    latest_ = {};
}

ProductIds Correlation::product_of(const Contact& contact) const {
    const std::string_view text = texts_.text(contact.product);
    ProductIds ids;
    if (text.size() != 3 * ids.kms_id.wire.size()) return ids;
    std::size_t at = 0;
    for (Uuid* id : {&ids.application_id, &ids.activation_id, &ids.kms_id}) {
        std::memcpy(id->wire.data(), text.data() + at, id->wire.size());
        at += id->wire.size();
    }
    return ids;
}

// For each client by address the one client with an id that asked from there; `none` where there is none, or several.
std::vector<std::pair<std::uint32_t, std::uint32_t>> Correlation::merged_addresses() const {
    constexpr std::uint32_t several = none - 1;
    std::map<ClientKey, std::pair<std::uint32_t, std::uint32_t>> by_address;  // client by address, client with an id
    for (std::uint32_t n = 0; n < clients_.size(); ++n)
        if (!clients_[n].key.is_machine_id()) by_address[clients_[n].key] = {n, none};
    if (by_address.empty()) return {};
    for (const Contact& contact : contacts_) {
        if (contact.owner == none || !clients_[contact.owner].key.is_machine_id()) continue;
        const auto found = by_address.find(ClientKey::of(contact.client));
        if (found == by_address.end()) continue;
        std::uint32_t& owner = found->second.second;
        owner = owner == none || owner == contact.owner ? contact.owner : several;
    }
    std::vector<std::pair<std::uint32_t, std::uint32_t>> merged;  // client with an id, client by address
    for (const auto& [key, pair] : by_address)
        if (pair.second < several) merged.emplace_back(pair.second, pair.first);
    std::sort(merged.begin(), merged.end());
    return merged;
}

void Correlation::append_contacts(const Client& client, std::vector<const Contact*>& out) const {
    for (std::uint32_t n = client.newest; n != none; n = contacts_[n].next) out.push_back(&contacts_[n]);
}

void Correlation::for_each_client(const std::function<void(const ClientHistory&)>& f) const {
    const auto merged = merged_addresses();
    std::vector<bool> is_merged(clients_.size());
    for (const auto& [owner, address] : merged) is_merged[address] = true;
    std::vector<std::uint32_t> order;
    for (std::uint32_t n = 0; n < clients_.size(); ++n)
        if (!is_merged[n] && clients_[n].kept > 0) order.push_back(n);
    std::sort(order.begin(), order.end(), [this](std::uint32_t a, std::uint32_t b) {
        return std::tie(clients_[a].first, clients_[a].key) < std::tie(clients_[b].first, clients_[b].key);
    });
    ClientHistory history;
    for (const std::uint32_t n : order) {
        const Client& client = clients_[n];
        history.key = client.key;
        history.contact_count = client.contact_count;
        history.first = client.first;
        history.selected = client.selected;
        history.contacts.clear();
        append_contacts(client, history.contacts);
        const auto begin = std::lower_bound(merged.begin(), merged.end(), std::pair{n, std::uint32_t{0}});
        for (auto it = begin; it != merged.end() && it->first == n; ++it) {
            const Client& by_address = clients_[it->second];
            append_contacts(by_address, history.contacts);
            history.contact_count += by_address.contact_count;
            history.first = std::min(history.first, by_address.first);
            history.selected = history.selected || by_address.selected;
        }
        std::sort(history.contacts.begin(), history.contacts.end(),
                  [](const Contact* a, const Contact* b) { return order_of(*a) < order_of(*b); });
        f(history);
    }
}

void Correlation::for_each_host(const std::function<void(const HostHistory&)>& f) const {
    // By host first: comparing endpoints in a sort of all contacts showed in profiles.
    std::map<Endpoint, std::pair<std::size_t, std::size_t>> places;  // number of contacts, then where they go
    std::size_t count = 0;
    for (const auto& [endpoint, totals] : hosts_) places.emplace(endpoint, std::pair{0, 0});
    const auto place_of = [&](const Contact& c) {
        return c.owner == none || c.host.port == 0 ? places.end() : places.find(c.host);
    };
    for (const Contact& contact : contacts_)
        if (const auto place = place_of(contact); place != places.end()) ++place->second.first;
    for (auto& [endpoint, place] : places) place.second = std::exchange(count, count + place.first);
    std::vector<std::uint32_t> order(count);
    for (std::uint32_t n = 0; n < contacts_.size(); ++n)
        if (const auto place = place_of(contacts_[n]); place != places.end()) order[place->second.second++] = n;

    auto at = order.begin();
    HostHistory history;
    for (const auto& [endpoint, totals] : hosts_) {
        history.host = endpoint;
        history.contact_count = totals.contact_count;
        history.answered_count = totals.answered_count;
        history.success_count = totals.success_count;
        history.first = totals.first;
        history.last = totals.last;
        history.selected = totals.selected;
        history.contacts.clear();
        for (std::size_t i = places.at(endpoint).first; i > 0; --i) history.contacts.push_back(&contacts_[*at++]);
        std::sort(history.contacts.begin(), history.contacts.end(),
                  [](const Contact* a, const Contact* b) { return order_of(*a) < order_of(*b); });
        f(history);
    }
}

void Correlation::for_each_contact(const std::function<void(const Contact&)>& f) const {
    for (const Contact& contact : contacts_)
        if (contact.owner != none) f(contact);
}

std::size_t Correlation::memory_size() const {
    return texts_.memory_size() + client_table_.memory_size() + clients_.size() * sizeof(Client) +
           contacts_.size() * sizeof(Contact) + free_.capacity() * sizeof(std::uint32_t);
}

}  // namespace diag::correlate
