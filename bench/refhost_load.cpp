// usage: refhost_load kept|single|attack|echo-kept|echo-single PORT CONNECTIONS SECONDS
//
// Puts a load on a KMS host, or an echo server, at 127.0.0.1:PORT and prints as JSON what came of it. kept: connections that
// ask again and again; single: a connection, a bind and one request each; attack: enemies, and how long a good client waits.

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

#include "bench/load_attack.h"
#include "bench/load_client.h"

namespace {

using namespace bench;

int run_loads(std::string_view mode, const Load& load) {
    const LoadResult r = run_load(load);
    std::printf(
        "{\"mode\": \"%.*s\", \"requests\": %llu, \"connections\": %llu, \"failures\": %llu, \"seconds\": %.3f}\n",
        static_cast<int>(mode.size()), mode.data(), static_cast<unsigned long long>(r.request_count),
        static_cast<unsigned long long>(r.connection_count), static_cast<unsigned long long>(r.failure_count),
        r.seconds);
    return 0;
}

int run_enemies(const Attack& attack) {
    const AttackResult r = run_attack(attack);
    const auto at = [&r](double part) {
        return r.latencies_ms.at(static_cast<std::size_t>(part * static_cast<double>(r.latencies_ms.size() - 1)));
    };
    std::printf(
        "{\"mode\": \"attack\", \"requests\": %zu, \"failures\": %llu, \"garbage\": %llu, \"median_ms\": %.3f, "
        "\"p99_ms\": %.3f, \"most_ms\": %.3f}\n",
        r.latencies_ms.size(), static_cast<unsigned long long>(r.failure_count),
        static_cast<unsigned long long>(r.garbage_count), at(0.5), at(0.99), at(1));
    return 0;
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 5) {
        std::fputs("usage: refhost_load kept|single|attack|echo-kept|echo-single PORT CONNECTIONS SECONDS\n", stderr);
        return 3;
    }
    const std::string_view mode = argv[1];
    const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
    const std::chrono::milliseconds duration{static_cast<int>(std::atof(argv[4]) * 1000)};
    if (mode == "attack") return run_enemies({.port = port, .duration = duration});
    return run_loads(mode, {.port = port,
                            .connection_count = static_cast<std::size_t>(std::atoi(argv[3])),
                            .duration = duration,
                            .one_request = mode.ends_with("single"),
                            .echo = mode.starts_with("echo")});
} catch (const std::exception& error) {
    std::fprintf(stderr, "refhost_load: %s\n", error.what());
    return 3;
}
