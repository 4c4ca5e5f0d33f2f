#include "bench/load_client.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "bench/load_messages.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

class Crowd {
public:
    explicit Crowd(const Load& load)
        : load_{load}, bind_{make_bind()}, requests_{make_requests(64)}, epoll_{::epoll_create1(EPOLL_CLOEXEC)} {
        members_.resize(load.connection_count);
        for (std::size_t i = 0; i < members_.size(); ++i) open(i);
    }

    LoadResult run() {
        const auto start = Clock::now();
        const auto end = start + load_.duration;
        std::array<epoll_event, 256> events;
        auto time = start;
        for (; time < end; time = Clock::now()) {
            const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 100);
            for (int i = 0; i < count; ++i) on_readable(events[static_cast<std::size_t>(i)].data.u64);
        }
        result_.seconds = std::chrono::duration<double>(time - start).count();
        return result_;
    }

private:
    struct Member {
        Socket socket;
        bool bound = false;
        std::size_t received = 0;
        std::size_t wanted = 0;  // 0: the header says
    };

    void open(std::size_t index) {
        Member& member = members_[index];
        member = Member{.socket = connect_to(load_.port, next_source_++, true)};
        ++result_.connection_count;
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = index;
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, member.socket.get(), &event);
        member.bound = load_.echo && !load_.one_request;
        send(member);
    }

    void send(Member& member) {
        const diag::ByteVector& pdu = member.bound ? requests_[next_request_++ % requests_.size()] : bind_;
        member.received = 0;
        member.wanted = load_.echo ? pdu.size() : 0;
        // Loopback takes a PDU whole.
        ::send(member.socket.get(), pdu.data(), pdu.size(), MSG_NOSIGNAL);
    }

    void on_readable(std::size_t index) {
        Member& member = members_[index];
        std::array<std::uint8_t, 4096> buffer;
        const ssize_t size = ::recv(member.socket.get(), buffer.data(), buffer.size(), 0);
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (size <= 0) {
            ++result_.failure_count;
            return open(index);
        }
        if (member.received == 0 && member.wanted == 0) member.wanted = buffer[8] + buffer[9] * std::size_t{256};
        member.received += static_cast<std::size_t>(size);
        if (member.received >= member.wanted) on_answer(index);
    }

    void on_answer(std::size_t index) {
        Member& member = members_[index];
        if (!member.bound) {
            member.bound = true;
            return send(member);
        }
        ++result_.request_count;
        if (load_.one_request) return open(index);
        send(member);
    }

    Load load_;
    diag::ByteVector bind_;
    std::vector<diag::ByteVector> requests_;
    Socket epoll_;
    std::vector<Member> members_;
    std::size_t next_request_ = 0;
    unsigned next_source_ = 0;
    LoadResult result_;
};

}  // namespace

LoadResult run_load(const Load& load) { return Crowd{load}.run(); }

}  // namespace bench
