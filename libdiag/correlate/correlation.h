#pragma once

#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "libdiag/correlate/contact.h"
#include "libdiag/dissect/conversation.h"
#include "libdiag/dissect/dns_search.h"

namespace diag::correlate {

/// What bounds the memory. A contact has some 140 bytes, a client 60, a name its length and 10.
struct Limits {
    std::size_t max_contacts = std::size_t{1} << 20;  ///< in all; past it those that are longest ago make room
    std::size_t max_of_client = 32;                   ///< two days of retries, half a year of renewals
    std::size_t max_addresses = std::size_t{1}
                                << 16;  ///< clients without a readable id: a flood of SYNs has any number
    std::size_t max_hosts = 4096;       ///< anybody may call anything a host
    std::size_t max_text_size = std::size_t{48} << 20;  ///< bytes of names, ePIDs and the like
};

/// How the conversation of a contact ended, by those who judge conversations.
struct Ending {
    std::string_view outcome;
    bool is_open = false;  ///< too soon to call it silence
    bool (*is_rejected)(const dissect::Exchange&) = nullptr;
};

/// A client and what is known of its contacts. Views, valid until the correlation changes.
struct ClientHistory {
    ClientKey key;
    std::vector<const Contact*> contacts;  ///< the latest, by time
    std::uint64_t contact_count = 0;       ///< of all that there were
    Timestamp first;                       ///< contact of all
    bool selected = false;                 ///< the user wants to see one of them
};

/// A host and what is known of the contacts with it.
struct HostHistory {
    Endpoint host;
    std::vector<const Contact*> contacts;  ///< those that are kept of its clients, by time
    std::uint64_t contact_count = 0, answered_count = 0, success_count = 0;  ///< of all that there were
    Timestamp first, last;
    bool selected = false;
};

struct ReadContact;

/// Collects what the conversations of a whole run say about each client and each host, over all captures and in any order.
///
///     Correlation correlation{key};
///     correlation.begin_capture("a.pcap");
///     correlation.add(conversation, ending, true);
///     correlation.for_each_client([](const ClientHistory& client) { ... });
class Correlation {
public:
    explicit Correlation(std::uint64_t hash_key, const Limits& limits = {});

    void begin_capture(std::string name);
    void add(const dissect::Conversation& conversation, const Ending& ending, bool selected);
    /// A search in DNS that named no host.
    void add_failed_search(const dissect::DnsSearch& search, std::string_view outcome, bool selected);

    /// Nothing more comes, or not for a while: call it before those below.
    void settle();

    /// In the order of their first contacts. A client that is known by its address only is no client of its own when all
    /// requests from there have one id: it is told with that.
    void for_each_client(const std::function<void(const ClientHistory&)>& f) const;
    /// In the order of their endpoints.
    void for_each_host(const std::function<void(const HostHistory&)>& f) const;
    /// Those that are kept, in no order.
    void for_each_contact(const std::function<void(const Contact&)>& f) const;

    std::string_view text(TextId id) const { return texts_.text(id); }
    ProductIds product_of(const Contact& contact) const;
    ClientKey client_of(const Contact& contact) const { return clients_[contact.owner].key; }
    const std::string& file_of(const Contact& contact) const { return files_[contact.file]; }
    bool has_several_files() const { return files_.size() > 1; }
    std::size_t file_count() const { return files_.size(); }
    /// Empty where there are several.
    std::string_view only_file() const {
        return files_.size() == 1 ? std::string_view{files_.front()} : std::string_view{};
    }

    /// All of this run.
    std::uint64_t contact_count() const { return contact_count_; }
    std::uint64_t copy_count() const { return copy_count_; }  ///< seen in several captures, told once
    /// Made room for others: neither histories nor findings know of them.
    std::uint64_t forgotten_count() const { return forgotten_count_; }
    std::uint64_t left_out_count() const { return left_out_count_; }  ///< of addresses and hosts past the limits
    std::size_t client_count() const { return clients_.size(); }
    std::size_t host_count() const { return hosts_.size(); }
    std::size_t memory_size() const;

private:
    struct Client {
        ClientKey key;
        bool selected = false;
        std::uint16_t kept = 0;
        std::uint32_t newest = IndexTable::none;  ///< head of the list, latest first
        std::uint64_t contact_count = 0;
        Timestamp first;
    };
    struct HostTotals {
        std::uint64_t contact_count = 0, answered_count = 0, success_count = 0;
        Timestamp first, last;
        bool selected = false;
    };

    void keep(const ReadContact& read, bool selected);
    bool replace_copy(Client& client, Contact& contact);
    void note_host(const Contact& contact, bool selected);
    std::uint32_t client_number(const ClientKey& key);
    void link(Client& client, const Contact& contact);
    void trim(Client& client);
    void release(Client& client, std::uint32_t* link);
    std::uint32_t new_contact(const Contact& contact);
    void make_room();
    void forget(Timestamp until, std::size_t budget);
    void rebuild_clients();
    void rebuild_texts();
    std::vector<std::pair<std::uint32_t, std::uint32_t>> merged_addresses() const;
    void append_contacts(const Client& client, std::vector<const Contact*>& out) const;

    std::uint64_t hash_key_;
    Limits limits_;
    std::vector<std::string> files_;
    TextPool texts_;
    IndexTable client_table_;
    std::deque<Client> clients_;
    std::deque<Contact> contacts_;
    Contact latest_;  ///< the one that came last: its texts are likely to come again
    std::vector<std::uint32_t> free_;
    std::map<Endpoint, HostTotals> hosts_;
    std::size_t address_count_ = 0;
    std::uint64_t contact_count_ = 0;
    std::uint64_t copy_count_ = 0;
    std::uint64_t forgotten_count_ = 0;
    std::uint64_t left_out_count_ = 0;
};

}  // namespace diag::correlate
