#pragma once

#include <vector>

#include "bench/frame.h"
#include "bench/random.h"

namespace diag::bench {

/// The frames of one conversation in the order in which they are sent.
class Packets {
public:
    void add(Bytes frame) {
        bytes_.insert(bytes_.end(), frame.begin(), frame.end());
        ends_.push_back(bytes_.size());
    }
    std::size_t count() const { return ends_.size(); }
    std::size_t size() const { return bytes_.size(); }  ///< bytes of all frames
    Bytes frame(std::size_t index) const {
        const std::size_t start = index == 0 ? 0 : ends_[index - 1];
        return Bytes{bytes_}.subspan(start, ends_[index] - start);
    }

private:
    ByteVector bytes_;
    std::vector<std::size_t> ends_;
};

enum class From : std::uint8_t { client, server };

/// Writes one TCP connection: handshake, data cut into segments, acknowledgements, end. Nothing is lost or reordered.
class TcpTalk {
public:
    struct Options {
        bool timestamps = false;      ///< 12 bytes of options in every segment, as Linux sends them
        std::uint32_t ack_every = 2;  ///< a segment without data from the receiver after so many with data; 0: never
    };

    TcpTalk(FrameBuilder& frames, Random& random, const Endpoint& client, const Endpoint& server, Options options);

    void open();
    void send(From from, Bytes data);
    void acknowledge(From from);
    void close(From first);
    void reset(From from);

    Packets take() { return std::move(packets_); }

private:
    struct Side {
        Endpoint endpoint;
        std::uint32_t next_seq;
        std::uint32_t clock;  ///< of the timestamps option
    };

    void segment(From from, std::uint8_t flags, Bytes payload);
    Side& side(From from) { return from == From::client ? client_ : server_; }
    static From other(From from) { return from == From::client ? From::server : From::client; }

    FrameBuilder& frames_;
    Options options_;
    Side client_, server_;
    Packets packets_;
};

}  // namespace diag::bench
