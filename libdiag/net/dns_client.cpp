#include "libdiag/net/dns_client.h"

#include <ares.h>
#include <netinet/in.h>
#include <poll.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <stdexcept>
#include <vector>

#include "libdiag/net/clock.h"
#include "libdiag/net/random_source.h"

namespace diag::net {

using session::DnsEnd;
using session::DnsReply;
using session::DnsTransport;

namespace {

constexpr std::chrono::milliseconds min_try_time{50};
constexpr std::chrono::milliseconds longest_pause{200};  // how long a request to stop may wait
constexpr std::uint16_t dns_port = 53;
constexpr std::size_t dns_id_size = 2;  // at the front of a message

DnsEnd end_of(int status) {
    switch (status) {
        case ARES_ECONNREFUSED: return DnsEnd::unreachable;
        case ARES_EBADNAME:
        case ARES_EBADQUERY: return DnsEnd::bad_name;
        case ARES_EBADRESP: return DnsEnd::malformed;
        default: return DnsEnd::no_answer;
    }
}

void check(int status) {
    if (status != ARES_SUCCESS) throw std::runtime_error(std::string{"DNS client: "} + ares_strerror(status));
}

}  // namespace

class DnsClient::Loop {
public:
    Loop(const DnsClientSettings& settings, OnReply on_reply) : settings_{settings}, on_reply_{std::move(on_reply)} {
        check(ares_library_init(ARES_LIB_INIT_ALL));
    }
    ~Loop() {
        channels_.clear();  // calls back for what is open, into nothing
        ares_library_cleanup();
    }
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    void ask(std::uint64_t tag, session::DnsQuery query) {
        ++open_count_;
        auto open = std::make_unique<Open>();
        open->loop = this;
        open->tag = tag;
        open->began = now().steady;
        auto bytes = session::encode_query(query);
        open->reply.query = std::move(query);
        if (!bytes) {
            open->reply.end = DnsEnd::bad_name;
            done_.push_back(std::move(open));
            return;
        }
        // c-ares takes the id as it is, and answers to another one for none. Nobody should be able to guess it.
        random_.fill(std::span{*bytes}.first(dns_id_size));
        Channel& channel = channel_for(open->reply.query);
        ares_send(channel.get(), bytes->data(), static_cast<int>(bytes->size()), on_answer, open.release());
    }

    std::size_t open_count() const { return open_count_; }

    void run(const std::function<More()>& more) {
        while (true) {
            deliver();
            const More next = more();
            if (!done_.empty()) continue;
            if (open_count_ == 0 && !next.later) return;
            // What is open stays so: that it was given up is no word on the server.
            if (settings_.stop != nullptr && settings_.stop->load(std::memory_order_relaxed)) return;
            step(std::min(next.pause, longest_pause));
        }
    }

private:
    struct Open {
        Loop* loop = nullptr;
        std::uint64_t tag = 0;
        session::TimePoint began;
        DnsReply reply;
    };

    // One for each server and transport: c-ares says nothing about which server answered.
    class Channel {
    public:
        Channel(const Endpoint& server, DnsTransport transport, std::chrono::milliseconds timeout) {
            ares_options options{};
            options.flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_IGNTC | ARES_FLAG_STAYOPEN;
            if (transport == DnsTransport::tcp) options.flags |= ARES_FLAG_USEVC;
            // The second try waits twice as long as the first.
            const auto try_time = transport == DnsTransport::tcp ? timeout : timeout / 3;
            options.timeout = static_cast<int>(std::max(try_time, min_try_time).count());
            options.tries = transport == DnsTransport::tcp ? 1 : 2;
            options.socket_receive_buffer_size = 1 << 20;
            options.sock_state_cb = [](void* self, ares_socket_t socket, int readable, int writable) {
                static_cast<Channel*>(self)->on_socket(socket, readable != 0, writable != 0);
            };
            options.sock_state_cb_data = this;
            check(ares_init_options(
                &channel_, &options,
                ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB | ARES_OPT_SOCK_RCVBUF));
            check(ares_set_servers_ports_csv(channel_, to_string(server).c_str()));
        }
        ~Channel() { ares_destroy(channel_); }
        Channel(const Channel&) = delete;
        Channel& operator=(const Channel&) = delete;

        ares_channel get() const { return channel_; }
        const std::map<ares_socket_t, short>& sockets() const { return sockets_; }

    private:
        void on_socket(ares_socket_t socket, bool readable, bool writable) {
            if (!readable && !writable) {
                sockets_.erase(socket);
            } else {
                sockets_[socket] = static_cast<short>((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
            }
        }

        ares_channel channel_ = nullptr;
        std::map<ares_socket_t, short> sockets_;
    };

    static void on_answer(void* argument, int status, int, unsigned char* bytes, int size) {
        std::unique_ptr<Open> open{static_cast<Open*>(argument)};
        if (status == ARES_EDESTRUCTION) return;
        open->reply.duration = now().steady - open->began;
        if (status == ARES_SUCCESS && bytes != nullptr) {
            session::take_answer(open->reply, {bytes, bytes + size});
        } else {
            open->reply.end = end_of(status);
        }
        Loop& loop = *open->loop;
        loop.done_.push_back(std::move(open));
    }

    // Outside c-ares: whoever gets a reply asks on.
    void deliver() {
        while (!done_.empty()) {
            std::vector<std::unique_ptr<Open>> ready;
            ready.swap(done_);
            for (auto& open : ready) {
                --open_count_;
                on_reply_(open->tag, std::move(open->reply));
            }
        }
    }

    Channel& channel_for(const session::DnsQuery& query) {
        auto& channel = channels_[{query.server, query.transport}];
        if (!channel) channel = std::make_unique<Channel>(query.server, query.transport, settings_.timeout);
        return *channel;
    }

    void step(std::chrono::milliseconds pause) {
        wanted_.clear();
        owners_.clear();
        timeval wait{.tv_sec = pause.count() / 1000, .tv_usec = pause.count() % 1000 * 1000};
        for (auto& [key, channel] : channels_) {
            timeval own{};
            wait = *ares_timeout(channel->get(), &wait, &own);
            for (const auto& [socket, events] : channel->sockets()) {
                wanted_.push_back({.fd = socket, .events = events, .revents = 0});
                owners_.push_back(channel.get());
            }
        }
        ::poll(wanted_.data(), wanted_.size(), static_cast<int>(wait.tv_sec * 1000 + (wait.tv_usec + 999) / 1000));
        for (std::size_t i = 0; i < wanted_.size(); ++i) {
            const pollfd& ready = wanted_[i];
            if (ready.revents == 0) continue;
            const bool readable = (ready.revents & ~POLLOUT) != 0;
            const bool writable = (ready.revents & POLLOUT) != 0;
            ares_process_fd(owners_[i]->get(), readable ? ready.fd : ARES_SOCKET_BAD,
                            writable ? ready.fd : ARES_SOCKET_BAD);
        }
        // Time-outs, also of channels on which nothing came.
        for (auto& [key, channel] : channels_) ares_process_fd(channel->get(), ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    }

    DnsClientSettings settings_;
    RandomSource random_;
    OnReply on_reply_;
    std::map<std::pair<Endpoint, DnsTransport>, std::unique_ptr<Channel>> channels_;
    std::vector<std::unique_ptr<Open>> done_;
    std::size_t open_count_ = 0;
    std::vector<pollfd> wanted_;
    std::vector<Channel*> owners_;
};

DnsClient::DnsClient(const DnsClientSettings& settings, OnReply on_reply)
    : loop_{std::make_unique<Loop>(settings, std::move(on_reply))} {}

DnsClient::~DnsClient() = default;

void DnsClient::ask(std::uint64_t tag, session::DnsQuery query) { loop_->ask(tag, std::move(query)); }

std::size_t DnsClient::open_count() const { return loop_->open_count(); }

void DnsClient::run(const std::function<More()>& more) { loop_->run(more); }

std::vector<Endpoint> system_dns_servers() {
    check(ares_library_init(ARES_LIB_INIT_ALL));
    ares_channel channel = nullptr;
    std::vector<Endpoint> servers;
    ares_addr_port_node* nodes = nullptr;
    if (ares_init(&channel) == ARES_SUCCESS && ares_get_servers_ports(channel, &nodes) == ARES_SUCCESS) {
        for (const auto* node = nodes; node != nullptr; node = node->next) {
            std::array<std::uint8_t, 16> octets{};
            const bool v4 = node->family == AF_INET;
            std::memcpy(octets.data(), &node->addr, v4 ? 4 : 16);
            servers.push_back({.ip = v4 ? IpAddress::v4(Bytes{octets}.first(4)) : IpAddress::v6(octets),
                               .port = node->udp_port > 0 ? static_cast<std::uint16_t>(node->udp_port) : dns_port});
        }
        ares_free_data(nodes);
    }
    if (channel != nullptr) ares_destroy(channel);
    ares_library_cleanup();
    return servers;
}

}  // namespace diag::net
