#include "libdiag/net/name_client.h"

#include <ares.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <stdexcept>
#include <vector>

#include "libdiag/base/utf.h"
#include "libdiag/net/clock.h"

namespace diag::net {

using session::NameEnd;

namespace {

constexpr std::size_t max_address_count = 64;
constexpr int max_poll_ms = 200;  // how long a request to stop may wait
constexpr std::chrono::milliseconds min_try_time{100};

// Counts users of the library; c-ares wants one call each way around everything else.
class Library {
public:
    Library() {
        if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) throw std::runtime_error("c-ares does not start");
    }
    ~Library() { ares_library_cleanup(); }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
};

NameEnd end_of(int status) {
    switch (status) {
        case ARES_SUCCESS: return NameEnd::found;
        case ARES_ENOTFOUND: return NameEnd::not_found;
        case ARES_ENODATA: return NameEnd::no_data;
        case ARES_EREFUSED: return NameEnd::refused;
        case ARES_ETIMEOUT: return NameEnd::no_answer;
        case ARES_ECANCELLED:
        case ARES_EDESTRUCTION: return NameEnd::pending;
        case ARES_ECONNREFUSED: return NameEnd::no_server;
        case ARES_EBADNAME:
        case ARES_EBADQUERY:
        case ARES_EBADHINTS: return NameEnd::bad_name;
        default: return NameEnd::server_failure;
    }
}

std::optional<IpAddress> address_of(const ares_addrinfo_node& node) {
    if (node.ai_family == AF_INET && node.ai_addrlen >= sizeof(sockaddr_in)) {
        sockaddr_in address{};
        std::memcpy(&address, node.ai_addr, sizeof address);
        std::array<std::uint8_t, 4> octets;
        std::memcpy(octets.data(), &address.sin_addr, octets.size());
        return IpAddress::v4(octets);
    }
    if (node.ai_family == AF_INET6 && node.ai_addrlen >= sizeof(sockaddr_in6)) {
        sockaddr_in6 address{};
        std::memcpy(&address, node.ai_addr, sizeof address);
        return IpAddress::v6(address.sin6_addr.s6_addr);
    }
    return std::nullopt;
}

}  // namespace

// A c-ares channel and the loop that drives it.
class NameClient::Channel {
public:
    Channel(const NameSettings& settings, int flags)
        : settings_{settings}, flags_{flags | (settings.search ? 0 : ARES_FLAG_NOSEARCH)} {
        init(settings_.timeout);
        // c-ares counts each try of each server, the second twice as long: give all of them together the whole timeout.
        const auto server_count = std::max<std::size_t>(1, count_servers());
        const auto try_time = settings_.timeout / (3 * static_cast<std::int64_t>(server_count));
        ares_destroy(channel_);
        init(std::max(try_time, min_try_time));
    }
    ~Channel() { ares_destroy(channel_); }
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    ares_channel get() const { return channel_; }

    /// Until `done` says so.
    template <class Done> void run(Done done) {
        while (!done()) {
            if (settings_.stop != nullptr && settings_.stop->load(std::memory_order_relaxed)) {
                ares_cancel(channel_);
                return;
            }
            step();
        }
    }

private:
    void init(std::chrono::milliseconds try_time) {
        ares_options options{};
        options.flags = flags_;
        options.timeout = static_cast<int>(try_time.count());
        options.tries = 2;
        options.sock_state_cb = [](void* self, ares_socket_t socket, int readable, int writable) {
            static_cast<Channel*>(self)->on_socket(socket, readable != 0, writable != 0);
        };
        options.sock_state_cb_data = this;
        const int status = ares_init_options(
            &channel_, &options, ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
        if (status != ARES_SUCCESS)
            throw std::runtime_error(std::string{"DNS client: "} + ares_strerror(status) + " (see /etc/resolv.conf)");
        if (!settings_.servers.empty()) set_servers();
    }

    void set_servers() {
        std::string list;
        for (const Endpoint& server : settings_.servers) list += (list.empty() ? "" : ",") + to_string(server);
        if (ares_set_servers_ports_csv(channel_, list.c_str()) == ARES_SUCCESS) return;
        ares_destroy(channel_);  // no destructor runs for what its constructor gave up
        throw std::runtime_error("DNS client: no servers: " + list);
    }

    std::size_t count_servers() const {
        ares_addr_port_node* servers = nullptr;
        if (ares_get_servers_ports(channel_, &servers) != ARES_SUCCESS) return 0;
        std::size_t count = 0;
        for (const auto* server = servers; server != nullptr; server = server->next) ++count;
        ares_free_data(servers);
        return count;
    }

    void on_socket(ares_socket_t socket, bool readable, bool writable) {
        if (!readable && !writable) {
            sockets_.erase(socket);
        } else {
            sockets_[socket] = static_cast<short>((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
        }
    }

    void step() {
        std::vector<pollfd> wanted;
        wanted.reserve(sockets_.size());
        for (const auto& [socket, events] : sockets_) wanted.push_back({.fd = socket, .events = events, .revents = 0});
        timeval longest{.tv_sec = 0, .tv_usec = max_poll_ms * 1000};
        timeval next{};
        const timeval* wait = ares_timeout(channel_, &longest, &next);
        const auto wait_ms = wait->tv_sec * 1000 + (wait->tv_usec + 999) / 1000;
        ::poll(wanted.data(), wanted.size(), static_cast<int>(wait_ms));
        bool any = false;
        for (const pollfd& ready : wanted) {
            if (ready.revents == 0) continue;
            any = true;
            const bool readable = (ready.revents & ~POLLOUT) != 0;
            const bool writable = (ready.revents & POLLOUT) != 0;
            ares_process_fd(channel_, readable ? ready.fd : ARES_SOCKET_BAD, writable ? ready.fd : ARES_SOCKET_BAD);
        }
        if (!any) ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    }

    Library library_;
    const NameSettings& settings_;
    int flags_;
    ares_channel channel_ = nullptr;
    std::map<ares_socket_t, short> sockets_;
};

namespace {

struct Lookup {
    std::size_t index = 0;
    session::NameEvidence evidence;
    const NameClient::OnName* done = nullptr;
    std::size_t* open_count = nullptr;
};

void on_addresses(void* argument, int status, int, ares_addrinfo* result) {
    const std::unique_ptr<Lookup> lookup{static_cast<Lookup*>(argument)};
    lookup->evidence.end = end_of(status);
    lookup->evidence.ended = now().steady;
    const ares_addrinfo_node* first = result == nullptr ? nullptr : result->nodes;
    for (const auto* node = first; node != nullptr; node = node->ai_next) {
        const auto address = address_of(*node);
        auto& addresses = lookup->evidence.addresses;
        const bool known = address && std::find(addresses.begin(), addresses.end(), *address) != addresses.end();
        if (address && !known && addresses.size() < max_address_count) addresses.push_back(*address);
    }
    if (result != nullptr) ares_freeaddrinfo(result);
    if (lookup->evidence.end == NameEnd::found && lookup->evidence.addresses.empty())
        lookup->evidence.end = NameEnd::no_data;
    --*lookup->open_count;
    (*lookup->done)(lookup->index, std::move(lookup->evidence));
}

}  // namespace

NameClient::NameClient(const NameSettings& settings)
    : settings_{settings}, channel_{std::make_unique<Channel>(settings_, 0)} {}

NameClient::~NameClient() = default;

void NameClient::resolve(std::span<const std::string> names, const OnName& done) {
    // c-ares passes over servers that answer with an error, as a client does; when all do, it says no more than that none
    // could be reached. Then ask again for what they say.
    std::vector<std::size_t> unclear;
    std::vector<std::string> unclear_names;
    resolve_with(*channel_, names, [&](std::size_t index, session::NameEvidence evidence) {
        if (evidence.end != NameEnd::no_server) return done(index, std::move(evidence));
        unclear.push_back(index);
        unclear_names.push_back(evidence.name);
    });
    if (unclear.empty()) return;
    Channel plain{settings_, ARES_FLAG_NOCHECKRESP};
    resolve_with(plain, unclear_names,
                 [&](std::size_t index, session::NameEvidence evidence) { done(unclear[index], std::move(evidence)); });
}

void NameClient::resolve_with(Channel& channel, std::span<const std::string> names, const OnName& done) {
    ares_addrinfo_hints hints{};
    hints.ai_family = settings_.v4 && settings_.v6 ? AF_UNSPEC : settings_.v6 ? AF_INET6 : AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    std::size_t open_count = 0;
    std::size_t next = 0;
    channel.run([&] {
        while (next < names.size() && open_count < settings_.concurrency) {
            auto lookup = std::make_unique<Lookup>();
            lookup->index = next;
            lookup->evidence.name = names[next];
            if (settings_.v4 != settings_.v6)
                lookup->evidence.wanted = settings_.v6 ? IpAddress::Family::v6 : IpAddress::Family::v4;
            lookup->evidence.began = now().steady;
            lookup->done = &done;
            lookup->open_count = &open_count;
            ++open_count;
            // May call back at once, for names of the hosts file and for those that are none.
            ares_getaddrinfo(channel.get(), names[next++].c_str(), nullptr, &hints, on_addresses, lookup.release());
        }
        return next == names.size() && open_count == 0;
    });
}

std::vector<std::string> NameClient::search_list() const {
    ares_options options{};
    int mask = 0;
    std::vector<std::string> domains;
    if (ares_save_options(channel_->get(), &options, &mask) != ARES_SUCCESS) return domains;
    for (int i = 0; i < options.ndomains; ++i) domains.emplace_back(options.domains[i]);
    ares_destroy_options(&options);
    return domains;
}

}  // namespace diag::net
