#include "libdiag/windows/ipconfig_lines.h"

#include <algorithm>
#include <string>

#include "libdiag/base/line_text.h"

namespace diag::windows {
namespace {

using Key = IpconfigKey;

struct Label {
    std::string_view text;  // without blanks and dots
    Key key;
};

constexpr Label labels[] = {
    {"HostName", Key::host_name},
    {"ホスト名", Key::host_name},
    {"PrimaryDnsSuffix", Key::primary_suffix},
    {"プライマリDNSサフィックス", Key::primary_suffix},
    {"DNSSuffixSearchList", Key::search_list},
    {"DNSサフィックス検索一覧", Key::search_list},
    {"Connection-specificDNSSuffix", Key::connection_suffix},
    {"接続固有のDNSサフィックス", Key::connection_suffix},
    {"Connection-specificDNSSuffixSearchList", Key::connection_search_list},
    {"接続固有のDNSサフィックス検索一覧", Key::connection_search_list},
    {"接続固有のDNSサフィックスの検索一覧", Key::connection_search_list},
    {"Description", Key::description},
    {"説明", Key::description},
    {"MediaState", Key::media_state},
    {"メディアの状態", Key::media_state},
    {"DHCPEnabled", Key::dhcp_enabled},
    {"DHCP有効", Key::dhcp_enabled},
    {"IPv4Address", Key::address},
    {"IPv4アドレス", Key::address},
    {"AutoconfigurationIPv4Address", Key::address},
    {"自動構成IPv4アドレス", Key::address},
    {"IPv6Address", Key::address},
    {"IPv6アドレス", Key::address},
    {"TemporaryIPv6Address", Key::address},
    {"一時IPv6アドレス", Key::address},
    {"Link-localIPv6Address", Key::address},
    {"リンクローカルIPv6アドレス", Key::address},
    {"DefaultGateway", Key::gateway},
    {"デフォルトゲートウェイ", Key::gateway},
    {"DNSServers", Key::dns_servers},
    {"DNSサーバー", Key::dns_servers},
    {"DHCPv6IAID", Key::dhcpv6_iaid},
    {"DHCPv6ClientDUID", Key::dhcpv6_client_duid},
    {"DHCPv6クライアントDUID", Key::dhcpv6_client_duid},

    {"NodeType", Key::other},
    {"ノードタイプ", Key::other},
    {"IPRoutingEnabled", Key::other},
    {"IPルーティング有効", Key::other},
    {"WINSProxyEnabled", Key::other},
    {"WINSプロキシ有効", Key::other},
    {"SystemQuarantineState", Key::other},
    {"PhysicalAddress", Key::other},
    {"物理アドレス", Key::other},
    {"AutoconfigurationEnabled", Key::other},
    {"自動構成有効", Key::other},
    {"SubnetMask", Key::other},
    {"サブネットマスク", Key::other},
    {"LeaseObtained", Key::other},
    {"リース取得", Key::other},
    {"LeaseExpires", Key::other},
    {"リースの有効期限", Key::other},
    {"DHCPServer", Key::other},
    {"DHCPサーバー", Key::other},
    {"PrimaryWINSServer", Key::other},
    {"プライマリWINSサーバー", Key::other},
    {"SecondaryWINSServer", Key::other},
    {"セカンダリWINSサーバー", Key::other},
    {"NetBIOSoverTcpip", Key::other},
    {"NetBIOSoverTCP/IP", Key::other},
};

constexpr std::string_view adapter_words[] = {"adapter", "アダプター"};

std::string squeezed(std::string_view label) {
    std::string out{label};
    std::erase_if(out, [](char c) { return c == ' ' || c == '.'; });
    return out;
}

}  // namespace

std::optional<Key> ipconfig_key(std::string_view label) {
    const std::string text = squeezed(label);
    for (const Label& known : labels) {
        if (equals_word(text, known.text)) return known.key;
    }
    return std::nullopt;
}

bool names_adapter(std::string_view heading) {
    return std::ranges::any_of(adapter_words, [&](std::string_view word) { return contains_word(heading, word); });
}

std::optional<bool> yes_or_no(std::string_view value) {
    if (equals_word(value, "Yes") || value == "はい") return true;
    if (equals_word(value, "No") || value == "いいえ") return false;
    return std::nullopt;
}

bool is_preferred(std::string_view state) { return equals_word(state, "Preferred") || state == "優先"; }

}  // namespace diag::windows
