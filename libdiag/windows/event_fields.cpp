#include "libdiag/windows/event_fields.h"

#include <algorithm>
#include <charconv>

#include "libdiag/base/line_text.h"
#include "libdiag/base/uuid.h"
#include "libdiag/proto/dns/domain_name.h"
#include "libdiag/windows/event_sink.h"

namespace diag::windows {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdefABCDEF";

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> out;
    while (out.size() < limits::event_field_count) {
        const std::size_t comma = std::min(text.find(','), text.size());
        out.emplace_back(limited(trimmed(text.substr(0, comma))));
        if (comma == text.size()) break;
        text.remove_prefix(comma + 1);
    }
    return out;
}

std::string_view code_in(std::string_view text) {
    const std::size_t at = text.find("0x");
    if (at == std::string_view::npos) return {};
    const std::size_t end = std::min(text.find_first_not_of(hex_digits, at + 2), text.size());
    return text.substr(at, end - at);
}

bool is_domain(std::string_view text) {
    return text.find_first_of(" ,:;'\"\t\r\n") == std::string_view::npos && dns::DomainName::parse(text).has_value();
}

// An apostrophe may be part of a word; then what follows it is no domain name, and the search goes on behind it.
std::string_view quoted_domain(std::string_view text) {
    struct Quotes {
        std::string_view open, close;
    };
    constexpr Quotes all[] = {{"'", "'"}, {"\"", "\""}, {"「", "」"}, {"“", "”"}, {"‘", "’"}, {"«", "»"}, {"„", "“"}};
    for (const auto& [open, close] : all) {
        for (std::size_t at = text.find(open); at != std::string_view::npos; at = text.find(open, at + open.size())) {
            const std::string_view behind = text.substr(at + open.size(), dns::max_name_size * 4);
            const std::string_view inner = behind.substr(0, behind.find(close));
            if (inner.size() < behind.size() && is_domain(trimmed(inner))) return trimmed(inner);
        }
    }
    return {};
}

std::optional<std::uint32_t> whole_number(std::string_view text, int base) {
    std::uint32_t value = 0;
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, value, base);
    if (error != std::errc{} || at != end) return std::nullopt;
    return value;
}

// The text from the first code to the end of its line.
std::string_view joined_in(std::string_view message) {
    const std::string_view rest = message.substr(std::min(message.find("0x"), message.size()));
    return rest.substr(0, rest.find_first_of("\r\n"));
}

bool has_guid_at(const std::vector<std::string>& fields, std::size_t index) {
    return index < fields.size() && Uuid::parse(fields[index]).has_value();
}

bool is_of_kms(std::uint32_t id, const std::vector<std::string>& fields) {
    if (fields.empty() || !code_of(fields.front())) return false;
    const std::size_t count = fields.size();
    switch (id) {
        case event_id::request_sent: return (count == 9 || count == 10) && has_guid_at(fields, 3);
        case event_id::response_processed: return (count == 7 || count == 8) && code_of(fields[1]).has_value();
        case event_id::request_processed: return count == 9 && has_guid_at(fields, 3);
        default: return false;
    }
}

bool is_failed_activation(std::string_view message) {
    const auto has = [message](std::string_view part) { return message.find(part) != std::string_view::npos; };
    return (has("hr=0x") || has("Reason")) && (has("slui.exe") || has("SkuId"));
}

bool is_publication(std::uint32_t id, std::string_view message) {
    const bool has_code = id == event_id::publication_succeeded || !code_in(message).empty();
    return has_code && message.find("DNS") != std::string_view::npos && !quoted_domain(message).empty();
}

}  // namespace

bool has_joined_fields(std::uint32_t id) {
    return id == event_id::request_sent || id == event_id::response_processed || id == event_id::request_processed;
}

void split_joined_fields(Event& event) {
    if (!has_joined_fields(event.event_id) || event.fields.size() != 1) return;
    event.fields = split(std::string{event.fields.front()});
}

std::vector<std::string> fields_of_message(std::uint32_t event_id, std::string_view message) {
    std::vector<std::string> out;
    const auto put = [&](std::string_view value) {
        if (!value.empty()) out.emplace_back(value);
    };
    if (has_joined_fields(event_id)) {
        put(limited(joined_in(message)));
    } else if (event_id == event_id::publication_failed) {
        put(limited(code_in(message)));
        put(quoted_domain(message));
    } else if (event_id == event_id::publication_succeeded) {
        put(quoted_domain(message));
    } else {
        put(limited(message));
    }
    return out;
}

std::string_view provider_of_message(std::uint32_t id, std::string_view message) {
    constexpr std::string_view provider = "Microsoft-Windows-Security-SPP";
    bool is_known = false;
    switch (id) {
        case event_id::request_sent:
        case event_id::response_processed:
        case event_id::request_processed: is_known = is_of_kms(id, split(joined_in(message))); break;
        case event_id::publication_failed:
        case event_id::publication_succeeded: is_known = is_publication(id, message); break;
        case event_id::activation_failed:
        case event_id::rule_failed: is_known = is_failed_activation(message); break;
        default: break;
    }
    return is_known ? provider : std::string_view{};
}

std::optional<std::uint32_t> event_id_of(std::string_view text) { return whole_number(text, 10); }

std::optional<std::uint32_t> code_of(std::string_view text) {
    return text.starts_with("0x") ? whole_number(text.substr(2), 16) : std::nullopt;
}

}  // namespace diag::windows
