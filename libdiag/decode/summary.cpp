#include "libdiag/decode/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "libdiag/base/hex.h"
#include "libdiag/base/utf.h"
#include "libdiag/decode/names.h"

namespace diag::decode {
namespace {

constexpr std::size_t max_addresses = 65536;  // counted exactly up to here

constexpr int rank_of_trouble = 0;
constexpr int rank_of_refusal = 1;
constexpr int rank_of_warning = 2;
constexpr int rank_of_success = 3;

void remember(std::set<IpAddress>& set, const IpAddress& address) {
    if (set.size() < max_addresses) set.insert(address);
}

constexpr std::size_t client_width = 15;
constexpr std::size_t host_width = 18;

std::string colored(const report::Style& style, int rank, std::string_view text) {
    if (rank == rank_of_success) return style.good(text);
    return style.severity(rank == rank_of_warning ? check::Severity::warning : check::Severity::critical, text);
}

std::string padded(std::string_view text, std::size_t width) {
    std::string out{text};
    out.append(width - std::min(width, report::column_count(out)), ' ');
    return out;
}

std::string count_of(std::uint64_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

}  // namespace

Summary::Row Summary::row_of(const dissect::Conversation& c, check::Outcome outcome, const dissect::Exchange* exchange,
                             std::span<const check::Finding> findings) {
    Row row{.rank = rank_of_trouble,
            .outcome = std::string{check::name_of(outcome)},
            .client = to_string(c.client.ip),
            .host = to_string(c.host),
            .product = exchange != nullptr ? product_name(*exchange) : "-",
            .version = exchange != nullptr ? version_text(*exchange) : "-"};
    if (outcome != check::Outcome::complete) return row;
    const auto worst = check::worst(findings);
    row.rank = rank_of_success;
    if (worst == check::Severity::warning) row.rank = rank_of_warning;
    if (worst == check::Severity::critical) row.rank = rank_of_refusal;
    if (exchange == nullptr) return row;
    if (exchange->hresult && *exchange->hresult != 0) {
        row.rank = rank_of_refusal;
        row.outcome = fmt::format("refused {}", format_code(*exchange->hresult));
    } else if (is_count_low(*exchange)) {
        row.rank = rank_of_warning;
        row.outcome = "complete, count too low";
    } else if (fails_checks(*exchange)) {
        row.rank = rank_of_refusal;
        row.outcome = "complete, checks failed";
    }
    return row;
}

void Summary::count(Row row, std::uint64_t packet) {
    if (rows_.size() >= max_rows && !rows_.contains(row)) row.client = "(others)";
    if (rows_.size() >= 2 * max_rows && !rows_.contains(row)) row.host = "(others)";
    Tally& tally = rows_[std::move(row)];
    if (tally.count++ == 0) tally.first_packet = packet;
}

void Summary::add(const dissect::Conversation& c, check::Outcome outcome, std::span<const check::Finding> findings) {
    if (c.part == 1) ++conversation_count_;
    exchange_count_ += c.exchanges.size();
    remember(clients_, c.client.ip);
    remember(hosts_, c.host.ip);
    for (const auto& finding : findings) {
        critical_count_ += finding.rule->severity == check::Severity::critical ? 1 : 0;
        warning_count_ += finding.rule->severity == check::Severity::warning ? 1 : 0;
    }
    if (c.exchanges.empty()) return count(row_of(c, outcome, nullptr, findings), c.first.packet);
    for (const auto& exchange : c.exchanges) {
        count(row_of(c, outcome, &exchange, findings), c.pdus[exchange.request_pdu].last.packet);
    }
}

void Summary::add_lookup(std::span<const check::Finding> findings) {
    ++lookup_count_;
    for (const auto& finding : findings) {
        critical_count_ += finding.rule->severity == check::Severity::critical ? 1 : 0;
        warning_count_ += finding.rule->severity == check::Severity::warning ? 1 : 0;
    }
}

std::string Summary::to_text(const report::Style& style, std::size_t shown_rows) const {
    std::string out = style.strong("Summary") + ": ";
    out += fmt::format("{}, {}, {}, {}, {}", count_of(capture_count_, "capture", "captures"),
                       count_of(conversation_count_, "conversation", "conversations"),
                       count_of(exchange_count_, "request", "requests"), count_of(clients_.size(), "client", "clients"),
                       count_of(hosts_.size(), "host", "hosts"));
    if (lookup_count_ > 0) out += fmt::format(", {}", count_of(lookup_count_, "DNS look-up", "DNS look-ups"));
    out += fmt::format("; {} critical, {}\n", critical_count_, count_of(warning_count_, "warning", "warnings"));
    if (rows_.empty()) return out + "No KMS traffic found.\n";

    std::string heading;
    std::size_t shown = 0;
    std::uint64_t left = 0;
    for (const auto& [row, tally] : rows_) {
        if (shown_rows != 0 && shown == shown_rows) {
            left += tally.count;
            continue;
        }
        ++shown;
        if (row.outcome != heading) {
            heading = row.outcome;
            out += "  " + colored(style, row.rank, heading) + '\n';
        }
        out += fmt::format("{:>7} x {} -> {} {:<3} {}\n", tally.count, padded(row.client, client_width),
                           padded(row.host, host_width), row.version, escape_for_terminal(row.product));
    }
    if (shown < rows_.size()) {
        out += fmt::format("      and {} more rows ({} requests); --summary shows all\n", rows_.size() - shown, left);
    }
    return out;
}

}  // namespace diag::decode
