#pragma once

#include <string>
#include <vector>

#include "bench/random.h"
#include "libdiag/base/ip_address.h"

namespace diag::bench {

/// One row of libdiag/data/products.csv.
struct Product {
    std::uint16_t version;  ///< of the protocol: 4, 5, 6
    Uuid application_id, activation_id, kms_id;
    std::uint32_t required_client_count;
};

/// A computer that activates: the same in every connection that it opens.
struct Machine {
    IpAddress ip;
    Uuid client_machine_id;
    std::string name;
    const Product* product;
};

struct Host {
    Endpoint endpoint;
    std::string epid;
    std::array<std::uint8_t, 8> hwid;
    std::uint32_t count;
};

/// The clients and hosts of a capture.
class KmsWorld {
public:
    struct Options {
        std::uint32_t machine_count = 400;
        bool only_version_6 = false;
        std::uint32_t ipv6_percent = 10;        ///< of the machines
        std::uint32_t other_port_percent = 15;  ///< of the connections: not port 1688
    };

    KmsWorld(Random& random, const Options& options);

    /// A connection of its own: no two have the same addresses and ports.
    struct Meeting {
        const Machine& machine;
        const Host& host;
        Endpoint client;
    };
    Meeting next(Random& random);

private:
    Options options_;
    std::vector<Machine> machines_;
    std::vector<Host> hosts_, hosts_v6_;  ///< by address family; the first of each is on port 1688
    std::uint32_t meeting_count_ = 0;
};

}  // namespace diag::bench
