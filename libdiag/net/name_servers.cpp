#include "libdiag/net/name_servers.h"

#include <fstream>
#include <iterator>

#include "libdiag/net/host_name.h"

namespace diag::net {
namespace {

constexpr std::uint16_t dns_port = 53;
constexpr std::size_t max_server_count = 16;
constexpr std::size_t max_file_size = std::size_t{1} << 20;
constexpr std::string_view blanks = " \t\r";

std::string read_file(const char* path) {
    std::ifstream file{path, std::ios::binary};
    std::string text(max_file_size, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

/// Calls `line` with the words of each line, comments left out, until it returns true.
template <class OnLine> void for_each_line(std::string_view text, OnLine line) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view rest = text.substr(0, std::min(text.find_first_of("#;"), end));
        text.remove_prefix(std::min(end + 1, text.size()));
        std::vector<std::string_view> words;
        for (std::size_t at = rest.find_first_not_of(blanks); at != std::string_view::npos;
             at = rest.find_first_not_of(blanks)) {
            rest.remove_prefix(at);
            words.push_back(rest.substr(0, rest.find_first_of(blanks)));
            rest.remove_prefix(words.back().size());
        }
        if (!words.empty() && line(words)) return;
    }
}

bool has_domain(std::string_view name) { return name.find('.') != std::string_view::npos; }

std::string name_in_hosts(std::string_view host, std::string_view hosts) {
    std::string found;
    for_each_line(hosts, [&](const std::vector<std::string_view>& words) {
        for (std::size_t i = 1; i < words.size(); ++i)
            if (words[i] == host && has_domain(words[1])) found = words[1];
        return !found.empty();
    });
    return found;
}

std::string first_domain(std::string_view resolv_conf) {
    std::string found;
    for_each_line(resolv_conf, [&](const std::vector<std::string_view>& words) {
        if (words.size() > 1 && (words[0] == "search" || words[0] == "domain")) found = words[1];
        return false;  // the last line counts (resolv.conf(5))
    });
    return found;
}

}  // namespace

std::vector<Endpoint> parse_name_servers(std::string_view resolv_conf) {
    std::vector<Endpoint> servers;
    for_each_line(resolv_conf, [&](const std::vector<std::string_view>& words) {
        if (words.size() < 2 || words[0] != "nameserver") return false;
        if (const auto address = IpAddress::parse(words[1])) servers.push_back({.ip = *address, .port = dns_port});
        return servers.size() == max_server_count;
    });
    return servers;
}

std::vector<Endpoint> system_name_servers() { return parse_name_servers(read_file("/etc/resolv.conf")); }

std::string find_full_name(std::string_view host, std::string_view hosts, std::string_view resolv_conf) {
    if (host.empty() || has_domain(host)) return std::string{host};
    if (std::string name = name_in_hosts(host, hosts); !name.empty()) return name;
    const std::string domain = first_domain(resolv_conf);
    if (domain.empty() || domain == ".") return {};
    return std::string{host} + "." + domain;
}

std::string full_host_name() {
    return find_full_name(host_name(), read_file("/etc/hosts"), read_file("/etc/resolv.conf"));
}

}  // namespace diag::net
