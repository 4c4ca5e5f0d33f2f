#pragma once

#include "bench/filler.h"
#include "bench/tcp_talk.h"

namespace diag::bench {

/// Traffic of an office network that has nothing to do with KMS. No conversation uses port 1688.
class Background {
public:
    Background(FrameBuilder& frames, Random& random) : frames_{frames}, random_{random}, filler_{random} {}

    /// A whole conversation of a kind drawn at random; its addresses and ports belong to no other TCP conversation.
    Packets next();

private:
    Packets web();         ///< HTTP on port 80 or 8080: one or more requests, text in the answers
    Packets tls();         ///< TLS on port 443: records of noise in both directions
    Packets file_share();  ///< SMB 3, encrypted, on port 445
    Packets
    remote_call();        ///< DCE/RPC for other interfaces: the endpoint mapper, directory services, the print spooler
    Packets terminal();   ///< many small segments in both directions, as SSH has them
    Packets lookup();     ///< DNS over UDP
    Packets neighbour();  ///< ARP

    TcpTalk connect(std::uint16_t port);
    Endpoint next_client(bool is_v6);
    IpAddress server(bool is_v6);

    FrameBuilder& frames_;
    Random& random_;
    Filler filler_;
    std::uint32_t connection_count_ = 0;
};

}  // namespace diag::bench
