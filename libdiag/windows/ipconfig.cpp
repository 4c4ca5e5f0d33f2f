#include "libdiag/windows/ipconfig.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/base/line_text.h"
#include "libdiag/base/saved_text.h"
#include "libdiag/proto/dns/domain_name.h"
#include "libdiag/windows/ipconfig_lines.h"

namespace diag::windows {
namespace {

using Key = IpconfigKey;

std::optional<ScopedAddress> address_of(std::string_view text) {
    const std::size_t percent = std::min(text.find('%'), text.size());
    const auto ip = IpAddress::parse(text.substr(0, percent));
    const std::string_view zone = text.substr(std::min(percent + 1, text.size()));
    if (!ip || zone.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    return ScopedAddress{*ip, std::string{zone}};
}

// "192.0.2.7(Preferred)"; without /all nothing stands behind the address.
std::optional<AdapterAddress> adapter_address_of(std::string_view text) {
    const std::size_t open = std::min(text.find('('), text.size());
    const auto address = address_of(trimmed(text.substr(0, open)));
    if (!address) return std::nullopt;
    if (open == text.size()) return AdapterAddress{*address, AdapterAddress::State::unstated};
    const std::string_view behind = text.substr(open + 1);
    const bool preferred = is_preferred(trimmed(behind.substr(0, behind.find(')'))));
    return AdapterAddress{*address, preferred ? AdapterAddress::State::preferred : AdapterAddress::State::other};
}

// The characters of host names and of "_tcp"; names in other scripts stand in UTF-8.
bool is_domain(std::string_view text) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               c == '.' || static_cast<unsigned char>(c) >= 0x80;
    };
    return std::ranges::all_of(text, fits) && dns::DomainName::parse(text).has_value();
}

template <class T> bool append(std::vector<T>& list, std::optional<T> value) {
    if (!value) return false;
    if (list.size() < limits::list_size) list.push_back(std::move(*value));
    return true;
}
bool append_domain(std::vector<std::string>& list, std::string_view text) {
    return is_domain(text) && append(list, std::optional<std::string>{text});
}

class IpconfigReader {
public:
    // False: more adapters than the limit.
    bool add(std::string_view raw) {
        const std::string text = tidied(raw);
        if (text.empty()) return true;  // a redirection writes CR CR LF, which looks like an empty line behind each
        if (text.size() > limits::ipconfig_line_size) {
            ++out_.unknown_line_count;
            return true;
        }
        const bool is_indented = raw.front() == ' ' || raw.front() == '\t';
        if (read_labelled(text)) {
            is_list_indented_ = is_indented;
            return true;
        }
        if ((is_indented || !is_list_indented_) && continue_list(text)) return true;
        if (text.ends_with(':') && (!is_indented || names_adapter(text))) return begin_adapter(text);
        list_ = Key::other;
        return true;
    }

    bool is_ipconfig() const { return known_count_ >= 2 && (has_host_name_ || !out_.adapters.empty()); }
    bool is_full() const { return has_host_name_; }
    Ipconfig take() { return std::move(out_); }

private:
    // Dots lead from a label to its colon, except where the label is so long that none is left.
    bool read_labelled(std::string_view text) {
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos) return false;
        const std::string_view label = text.substr(0, colon);
        const auto key = ipconfig_key(label);
        if (!key) {
            if (!label.ends_with('.')) return false;
            ++out_.unknown_line_count;
            list_ = Key::other;
            return true;
        }
        ++known_count_;
        list_ = *key;
        set(*key, trimmed(text.substr(colon + 1)));
        return true;
    }

    void set(Key key, std::string_view value) {
        if (key == Key::host_name) {
            has_host_name_ = true;
            out_.host_name = value;
        } else if (key == Key::primary_suffix) {
            out_.primary_suffix = value;
        } else if (key == Key::search_list) {
            append_domain(out_.search_list, value);
        } else if (!out_.adapters.empty()) {
            set(key, value, out_.adapters.back());
        }
    }

    static void set(Key key, std::string_view value, Adapter& adapter) {
        switch (key) {
            case Key::description: adapter.description = value; break;
            case Key::connection_suffix: adapter.dns_suffix = value; break;
            case Key::media_state: adapter.is_disconnected = true; break;  // printed only then
            case Key::dhcp_enabled: adapter.dhcp_enabled = yes_or_no(value); break;
            case Key::dhcpv6_iaid: adapter.dhcpv6_iaid = value; break;
            case Key::dhcpv6_client_duid: adapter.dhcpv6_client_duid = value; break;
            default: add_to_list(key, value, adapter);
        }
    }

    static bool add_to_list(Key key, std::string_view value, Adapter& adapter) {
        switch (key) {
            case Key::connection_search_list: return append_domain(adapter.search_list, value);
            case Key::address: return append(adapter.addresses, adapter_address_of(value));
            case Key::gateway: return append(adapter.gateways, address_of(value));
            case Key::dns_servers: return append(adapter.dns_servers, address_of(value));
            default: return false;
        }
    }

    // The lines below a label that has several values; the first of them may be empty.
    bool continue_list(std::string_view text) {
        if (list_ == Key::search_list) return append_domain(out_.search_list, text);
        return !out_.adapters.empty() && add_to_list(list_, text, out_.adapters.back());
    }

    bool begin_adapter(std::string_view text) {
        list_ = Key::other;
        if (out_.adapters.size() == limits::adapter_count) return false;
        out_.adapters.push_back({.heading = std::string{text.substr(0, text.size() - 1)}});
        return true;
    }

    Ipconfig out_;
    Key list_ = Key::other;  // of the label above
    bool is_list_indented_ = false;
    std::size_t known_count_ = 0;
    bool has_host_name_ = false;
};

void append_new(std::vector<std::string>& list, const std::string& value) {
    if (list.size() == limits::list_size) return;
    const bool is_known = std::ranges::any_of(list, [&](const std::string& v) { return equals_word(v, value); });
    if (!value.empty() && !is_known) list.push_back(value);
}

// Where several connections have a suffix from DHCP, the one with a way out of its network decides.
std::string dhcp_domain_of(const std::vector<Adapter>& adapters) {
    std::string domain;
    for (const Adapter& adapter : adapters) {
        if (adapter.is_disconnected || !adapter.dhcp_enabled.value_or(false) || adapter.dns_suffix.empty()) continue;
        if (!adapter.gateways.empty()) return adapter.dns_suffix;
        if (domain.empty()) domain = adapter.dns_suffix;
    }
    return domain;
}

}  // namespace

std::string to_string(const ScopedAddress& address) {
    return address.zone.empty() ? to_string(address.ip) : fmt::format("{}%{}", to_string(address.ip), address.zone);
}

std::expected<Ipconfig, std::string> read_ipconfig(Bytes file) {
    if (file.size() > limits::ipconfig_size) {
        return std::unexpected{fmt::format("too large for the output of ipconfig /all: {} bytes, at most {} are read",
                                           file.size(), limits::ipconfig_size)};
    }
    const std::string text = console_text_of(file);
    std::string_view rest = text;
    IpconfigReader reader;
    for (std::size_t count = 0; !rest.empty(); ++count) {
        if (count == limits::ipconfig_line_count)
            return std::unexpected{
                fmt::format("more than {} lines: no output of ipconfig /all", limits::ipconfig_line_count)};
        if (!reader.add(take_line(rest)))
            return std::unexpected{fmt::format("more than {} adapters: save the output of one machine in one file",
                                               limits::adapter_count)};
    }
    if (!reader.is_ipconfig()) {
        return std::unexpected{
            std::string{"no output of ipconfig /all in English or Japanese in it; save it with: ipconfig /all > FILE"}};
    }
    if (!reader.is_full()) {
        return std::unexpected{std::string{
            "ipconfig without /all does not show what a client searches; save it with: ipconfig /all > FILE"}};
    }
    return reader.take();
}

session::ClientDns client_dns_of(const Ipconfig& ipconfig) {
    session::ClientDns client;
    client.primary_suffix = ipconfig.primary_suffix;
    client.is_workgroup = ipconfig.primary_suffix.empty();
    client.dhcp_domain = dhcp_domain_of(ipconfig.adapters);
    client.search_list = ipconfig.search_list;
    for (const Adapter& adapter : ipconfig.adapters) {
        if (adapter.is_disconnected) continue;
        append_new(client.connection_suffixes, adapter.dns_suffix);
        for (const std::string& domain : adapter.search_list) append_new(client.connection_suffixes, domain);
        for (const ScopedAddress& server : adapter.dns_servers) append_new(client.servers, to_string(server));
    }
    return client;
}

}  // namespace diag::windows
