#include "tools/kms-refhost/texts.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sqlite3.h>

#include <algorithm>
#include <boost/version.hpp>

#include "libdiag/base/utf.h"
#include "libdiag/proto/kms/catalogue.h"

namespace diag::refhost {

std::string version_text() {
    return fmt::format("kms-refhost {}\n{}\nBoost {}.{}, SQLite {}\n", DIAG_VERSION, OpenSSL_version(OPENSSL_VERSION),
                       BOOST_VERSION / 100'000, BOOST_VERSION / 100 % 1000, sqlite3_libversion());
}

std::string fault_list() {
    constexpr std::string_view when = "[@WHEN]";  // every fault takes it: --help and the manual say what it is
    std::string list;
    for (const session::FaultInfo& info : session::all_faults()) {
        std::string shape = session::shape_of(info);
        shape.resize(shape.size() - when.size());
        list += fmt::format("{:<28} {}\n", shape, info.text);
    }
    return list;
}

std::string host_key_list() {
    std::string list;
    for (const kms::HostKey& key : kms::all_host_keys()) {
        if (key.blocks.empty()) continue;
        list += fmt::format("{:<20} {} (group {}, numbers", key.host_key_id, key.name, key.group_id);
        for (const kms::KeyBlock& block : key.blocks) list += fmt::format(" {}-{}", block.first, block.last);
        list += ")\n";
    }
    return list;
}

namespace {

bool is_loopback(const Endpoint& endpoint) {
    const std::string ip = to_string(endpoint.ip);
    return ip.starts_with("127.") || ip == "::1";
}

std::string publish_text(const net::PublishSettings& publish, const std::vector<Endpoint>& endpoints) {
    std::string text;
    for (const session::PublishedService& service : publish.services)
        text += fmt::format("registers in DNS: _vlmcs._tcp.{} SRV {} {} {} {}{}\n", to_string(service.domain),
                            service.service.priority, service.service.weight, service.service.port,
                            to_string(service.service.target), publish.key ? ", signed" : "");
    if (!publish.services.empty() && std::ranges::all_of(endpoints, is_loopback))
        text += "note: it listens on loopback only, where nobody else reaches what DNS will name (--listen)\n";
    return text;
}

}  // namespace

std::string start_text(const Options& options, const net::PublishSettings& publish,
                       const std::vector<Endpoint>& endpoints, const std::vector<std::string>& epids) {
    std::string text = fmt::format(
        "kms-refhost {}: reference KMS host for tests, with the lab key profile only.\n"
        "It cannot activate a genuine product.\n",
        DIAG_VERSION);
    text += options.state_file ? fmt::format("state: {}\n", escape_for_terminal(*options.state_file))
                               : std::string{"state: in memory, forgotten at the end\n"};
    for (std::size_t i = 0; i < epids.size(); ++i)
        text += fmt::format("ePID for {}: {}\n", options.host.keys[i].host_key_id, epids[i]);
    for (const session::Fault& fault : options.faults) text += fmt::format("fault: {}\n", to_string(fault));
    text += publish_text(publish, endpoints);
    // Last: scripts wait for it.
    for (const Endpoint& endpoint : endpoints) text += fmt::format("listening on {}\n", to_string(endpoint));
    return text;
}

std::string end_text(const net::ServerCounters& counters, std::uint64_t request_count, bool verbose) {
    std::string text = fmt::format("ended: {} requests on {} connections", request_count, counters.accepted);
    if (verbose)
        text += fmt::format("; {} closed to make room, {} after the idle time; {} bytes in, {} out",
                            counters.crowded_out, counters.timed_out, counters.received_size, counters.sent_size);
    return text + "\n";
}

}  // namespace diag::refhost
