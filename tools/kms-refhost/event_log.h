#pragma once

#include <expected>
#include <string>

#include "libdiag/report/host_event.h"

namespace diag::refhost {

/// Writes events to a file or to standard output.
///
/// A file has them when write() returns. A pipe or terminal that nobody reads must not hold up the host: for it up to 16 MiB
/// of events wait in memory. With more, write() waits up to a second for the reader; with 64 MiB it fails.
class EventLog {
public:
    struct Format {
        bool json = false;
        bool colored = false;
    };
    enum class End : std::uint8_t { closed_pipe, failed };
    struct Error {
        End end = End::failed;
        std::string message;  ///< one line for people
    };
    using Result = std::expected<void, Error>;

    /// Nowhere.
    EventLog() = default;
    /// Appends to the file, and makes it if there is none. The error is one line for people.
    static std::expected<EventLog, std::string> open(const std::string& path, Format format);
    /// Borrows an open descriptor.
    static EventLog to_descriptor(int fd, Format format);

    EventLog(EventLog&& other) noexcept;
    EventLog& operator=(EventLog&& other) noexcept;
    ~EventLog();

    void add(const session::Event12290& event);
    void add(const session::PublishEvent& event);
    Result write();
    /// Waits for whoever reads, up to some seconds.
    Result finish();

    /// Writes nothing more; events are still counted.
    void drop();

    /// Requests; not what was registered in DNS.
    std::uint64_t count() const { return count_; }

private:
    template <class Event> void append(const Event& event);
    Result write_chunk(std::size_t size);
    std::size_t rest() const { return pending_.size() - written_; }
    bool is_ready(int timeout_ms) const;

    int fd_ = -1;
    bool owned_ = false;
    bool may_block_ = false;  // a pipe, terminal or socket
    Format format_;
    std::string name_;
    std::string pending_;
    std::size_t written_ = 0;  // bytes of pending_
    std::uint64_t count_ = 0;
};

}  // namespace diag::refhost
