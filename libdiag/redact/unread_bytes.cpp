#include "libdiag/redact/unread_bytes.h"

#include <algorithm>
#include <string_view>

#include "libdiag/proto/dcerpc/header.h"

namespace diag::redact {
namespace {

using Out = std::span<std::uint8_t>;

constexpr std::size_t opening_size = 64;  // as much as the dissector shows of it
constexpr std::size_t tls_header_size = 5;
constexpr std::string_view http = "HTTP/";
constexpr std::string_view http_behind_path = " HTTP/1.";

/// Beginnings that say which protocol it is, and nothing of who speaks it.
constexpr std::string_view beginnings[] = {"GET ",     "HEAD ",       "POST ",       "PUT ",         "OPTIONS ",
                                           "CONNECT ", "SSH-2.0-",    "SSH-1.99-",   "SSH-",         "220 ",
                                           "220-",     "PROXY TCP4 ", "PROXY TCP6 ", "PROXY UNKNOWN"};

void copy(Bytes bytes, std::size_t offset, std::size_t size, Out out) {
    std::ranges::copy(bytes.subspan(offset, std::min(size, bytes.size() - offset)),
                      out.begin() + static_cast<std::ptrdiff_t>(offset));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// "HTTP/1.1 400": as far as it has this form.
std::size_t status_line_size(std::string_view text) {
    constexpr std::string_view form = "HTTP/0.0 000";
    std::size_t size = 0;
    while (size < form.size() && size < text.size() &&
           (form[size] == '0' ? is_digit(text[size]) : text[size] == form[size]))
        ++size;
    return size;
}

// As far as it is there.
bool may_begin_pdu(Bytes bytes) {
    if (bytes.size() >= dcerpc::header_size) return dcerpc::is_pdu_start(bytes);
    constexpr std::uint8_t ping = 1, first_of_udp = 4, first_behind_udp = 11, last_type = 19;
    const std::uint8_t type = bytes.size() > 2 ? bytes[2] : 0;
    const bool is_type = type <= last_type && type != ping && (type < first_of_udp || type >= first_behind_udp);
    return is_type && dcerpc::looks_like_rpc(bytes);
}

}  // namespace

void keep_opening(Bytes bytes, Out out) {
    // The header of a PDU tells its type and sizes. What only begins like one may be SOCKS, with a name or an address in it.
    if (!bytes.empty() && bytes[0] == 5) return copy(bytes, 0, may_begin_pdu(bytes) ? dcerpc::header_size : 1, out);
    if (bytes.size() > 2 && (bytes[0] == 0x16 || bytes[0] == 0x15) && bytes[1] == 3)
        return copy(bytes, 0, tls_header_size, out);
    const Bytes opening = head(bytes, opening_size);
    const std::string_view text{reinterpret_cast<const char*>(opening.data()), opening.size()};
    if (text.starts_with(http)) return copy(bytes, 0, status_line_size(text), out);
    for (const std::string_view beginning : beginnings) {
        if (!text.starts_with(beginning)) continue;
        copy(bytes, 0, beginning.size(), out);
        break;
    }
    if (const auto at = text.find(http_behind_path); at != std::string_view::npos)
        copy(bytes, at, http_behind_path.size(), out);
}

}  // namespace diag::redact
