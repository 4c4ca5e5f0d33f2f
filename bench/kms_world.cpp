#include "bench/kms_world.h"

#include <fmt/core.h>

#include "bench/addresses.h"

namespace diag::bench {
namespace {

constexpr Uuid uuid(std::string_view text) { return *Uuid::parse(text); }

constexpr Uuid windows = uuid("55c92734-d682-4d71-983e-d6ec3f16059f");
constexpr Uuid office_2010 = uuid("59a52881-a989-479d-af46-f275c6370663");
constexpr Uuid office = uuid("0ff1ce15-a989-479d-af46-f275c6370663");

constexpr Product products[] = {
    // Windows 11 / 10 Enterprise
    {6, windows, uuid("73111121-5638-40f6-bc11-f1d7b0d64300"), uuid("58e2134f-8e11-4d17-9cb2-91069c151148"), 25},
    // Windows Server 2019 Standard
    {6, windows, uuid("de32eafd-aaee-4662-9444-c1befb41bde2"), uuid("8449b1fb-f0ea-497a-99ab-66ca96e9a0f5"), 5},
    // Office LTSC Professional Plus 2021
    {6, office, uuid("fbdb3e18-a8ef-4fb3-9183-dffd60bd0984"), uuid("86d50b16-4808-41af-b83b-b338274318b2"), 5},
    // Windows 8 Enterprise
    {5, windows, uuid("458e1bec-837a-45f6-b9d5-925ed5d299de"), uuid("3c40b358-5948-45af-923b-53d21fcc7e79"), 25},
    // Office Professional Plus 2013
    {5, office, uuid("b322da9c-a2e2-4058-9e4e-f59a6970bd69"), uuid("e6a6f1bf-9d40-40c3-aa9f-c77ba21578c0"), 5},
    // Windows 7 Enterprise
    {4, windows, uuid("ae2ee509-1b34-41c0-acb7-6d4650168915"), uuid("7fde5219-fbfa-484a-82c9-34d1ad53e856"), 25},
    // Office Professional Plus 2010
    {4, office_2010, uuid("6f327760-8c5c-417c-9b61-836a98287e0c"), uuid("e85af946-2e25-47b7-83e1-bebcebeac611"), 5},
};
constexpr std::uint32_t version_6_count = 3;

constexpr std::uint16_t kms_port = 1688;
constexpr std::uint16_t other_ports[] = {88, 1689, 8080, 49667, 50123};

Host make_host(Random& random, const Endpoint& endpoint) {
    Host host{endpoint, {}, {}, random.between(26, 50)};
    random.fill(host.hwid);
    // The form of a Windows Server 2019 host; the digits of the key are invented (protocol.md 5.4). Drawn one by one,
    // since compilers differ in the order in which they evaluate arguments.
    const std::uint32_t key_high = random.between(400, 500);
    const std::uint32_t key_low = random.below(1'000'000);
    const std::uint32_t day = random.between(1, 366);
    host.epid = fmt::format("03612-00206-{:03}-{:06}-03-1033-17763.0000-{:03}2024", key_high, key_low, day);
    return host;
}

}  // namespace

KmsWorld::KmsWorld(Random& random, const Options& options) : options_{options} {
    for (std::uint32_t i = 0; i < options.machine_count; ++i) {
        const bool is_v6 = random.below(100) < options.ipv6_percent;
        const IpAddress ip = is_v6 ? ipv6_address(0x10, i + 1) : ipv4_address(0x0A01'0001 + i);  // 10.1.0.1 on
        const std::uint32_t choice = random.below(options.only_version_6 ? version_6_count : std::size(products));
        machines_.push_back({ip, random.uuid(), fmt::format("pc-{:05}.corp.example.test", i), &products[choice]});
    }
    std::vector<std::uint16_t> ports{kms_port};
    if (options.other_port_percent != 0) ports.insert(ports.end(), std::begin(other_ports), std::end(other_ports));
    for (std::uint32_t i = 0; i < ports.size(); ++i) {
        hosts_.push_back(make_host(random, {ipv4_address(0xC000'020A + i), ports[i]}));  // 192.0.2.10 on
        hosts_v6_.push_back(make_host(random, {ipv6_address(0x20, 0x10 + i), ports[i]}));
    }
}

KmsWorld::Meeting KmsWorld::next(Random& random) {
    const auto machine_count = static_cast<std::uint32_t>(machines_.size());
    const Machine& machine = machines_[meeting_count_ % machine_count];
    const auto client_port = static_cast<std::uint16_t>(49152 + meeting_count_ / machine_count % 16384);
    ++meeting_count_;

    const auto& hosts = machine.ip.family == IpAddress::Family::v6 ? hosts_v6_ : hosts_;
    const bool is_other = hosts.size() > 1 && random.percent(options_.other_port_percent);
    const Host& host = is_other ? hosts[1 + random.below(static_cast<std::uint32_t>(hosts.size() - 1))] : hosts[0];
    return {machine, host, {machine.ip, client_port}};
}

}  // namespace diag::bench
