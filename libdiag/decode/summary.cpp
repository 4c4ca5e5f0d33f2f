#include "libdiag/decode/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "libdiag/base/hex.h"
#include "libdiag/base/text_width.h"
#include "libdiag/base/utf.h"

namespace diag::decode {
namespace {

using report::format_count;

constexpr std::size_t max_addresses = 65536;  // counted exactly up to here

constexpr int rank_of_trouble = 0;
constexpr int rank_of_refusal = 1;
constexpr int rank_of_warning = 2;
constexpr int rank_of_success = 3;

void remember(std::set<IpAddress>& set, const IpAddress& address) {
    if (set.size() < max_addresses) set.insert(address);
}

constexpr std::size_t client_column = 10;
constexpr std::size_t max_product_column = 50;  // behind longer pairs of addresses the product takes a line of its own
using report::line_width;

std::string colored(const report::Style& style, int rank, std::string_view text) {
    if (rank == rank_of_success) return style.good(text);
    return style.severity(rank == rank_of_warning ? check::Severity::warning : check::Severity::critical, text);
}

std::string padded(std::string_view text, std::size_t width) {
    std::string out{text};
    out.append(width - std::min(width, column_count(out)), ' ');
    return out;
}

}  // namespace

std::size_t Summary::RowHash::operator()(const Row& row) const {
    // FNV-1a over what differs between the rows of one capture.
    std::uint64_t hash = 0xCBF29CE484222325;
    const auto add = [&hash](std::uint64_t value) { hash = (hash ^ value) * 0x100000001B3; };
    for (const auto& bytes : {row.client.octets, row.host.ip.octets, row.product.wire}) {
        std::array<std::uint64_t, 2> halves{};
        std::memcpy(halves.data(), bytes.data(), sizeof halves);
        add(halves[0]);
        add(halves[1]);
    }
    add(row.host.port);
    add(row.hresult);
    add(static_cast<std::uint64_t>(row.outcome) << 32 | row.version.major << 16 | row.version.minor);
    return static_cast<std::size_t>(hash ^ hash >> 29);
}

Summary::Row Summary::row_of(const dissect::Conversation& c, check::Outcome outcome, const dissect::Exchange* exchange,
                             std::span<const check::Finding> findings) {
    Row row{.rank = rank_of_trouble, .outcome = outcome, .client = c.client.ip, .host = c.host};
    if (exchange != nullptr) {
        row.readable = readable(*exchange);
        row.version = exchange->request.version;
        if (exchange->request.base) row.product = exchange->request.base->activation_id;
    }
    if (outcome != check::Outcome::complete) return row;
    row.rank = rank_of_success;
    if (exchange == nullptr) {
        const auto worst = check::worst(findings);
        if (worst == check::Severity::warning) row.rank = rank_of_warning;
        if (worst == check::Severity::critical) row.rank = rank_of_refusal;
    } else if (exchange->hresult && *exchange->hresult != 0) {
        row.rank = rank_of_refusal;
        row.hresult = *exchange->hresult;
    } else if (fails_checks(*exchange)) {
        row.rank = rank_of_refusal;
        row.checks_failed = true;
    } else if (is_count_low(*exchange)) {
        row.rank = rank_of_warning;
        row.count_low = true;
    }
    return row;
}

std::string Summary::outcome_text(const Row& row) {
    if (row.hresult != 0) return fmt::format("refused {}", format_code(row.hresult));
    if (row.checks_failed) return "complete, client rejects the answer";
    if (row.count_low) return "complete, count too low";
    return std::string{check::name_of(row.outcome)};
}

// Rows that were put together (max_rows) have no ends.
std::string Summary::client_text(const Row& row) {
    return row.host != Endpoint{} ? to_string(row.client) : "other clients";
}

std::string Summary::host_text(const Row& row) { return row.host != Endpoint{} ? to_string(row.host) : "other hosts"; }

void Summary::count(Row row) {
    if (rows_.size() >= max_rows && !rows_.contains(row)) {
        row.client = {};
        row.host = {};
    }
    ++rows_[row];
}

void Summary::add(const dissect::Conversation& c, check::Outcome outcome, std::span<const check::Finding> findings) {
    if (c.part == 1) ++conversation_count_;
    exchange_count_ += c.exchanges.size();
    remember(clients_, c.client.ip);
    remember(hosts_, c.host.ip);
    if (c.exchanges.empty()) return count(row_of(c, outcome, nullptr, findings));
    for (const auto& exchange : c.exchanges) count(row_of(c, outcome, &exchange, findings));
}

void Summary::add_findings(std::span<const check::Finding> findings) {
    for (const auto& finding : findings) {
        critical_count_ += finding.rule->severity == check::Severity::critical ? 1 : 0;
        warning_count_ += finding.rule->severity == check::Severity::warning ? 1 : 0;
    }
}

void Summary::add_lookup(std::span<const check::Finding> findings) {
    ++lookup_count_;
    failed_lookup_count_ += check::worst(findings) == check::Severity::critical ? 1 : 0;
    add_findings(findings);
}

std::string Summary::nothing_text() const {
    if (unselected_count_ > 0) {
        return fmt::format("No conversation matches the selection ({} in the {}).\n",
                           format_count(unselected_count_, "conversation", "conversations"),
                           capture_count_ == 1 ? "capture" : "captures");
    }
    if (lookup_count_ == 0 && unselected_lookup_count_ > 0) {
        return fmt::format("No conversation matches the selection ({} in the {}).\n",
                           format_count(unselected_lookup_count_, "DNS search", "DNS searches"),
                           capture_count_ == 1 ? "capture" : "captures");
    }
    return lookup_count_ > 0 ? "No KMS conversation found, only DNS look-ups.\n" : "No KMS traffic found.\n";
}

std::string Summary::counts_text() const {
    std::string counts =
        fmt::format("{}, {}, {}, {}, {}", format_count(capture_count_, "capture", "captures"),
                    format_count(conversation_count_, "conversation", "conversations"),
                    format_count(exchange_count_, "request", "requests"),
                    format_count(clients_.size(), "client", "clients"), format_count(hosts_.size(), "host", "hosts"));
    if (lookup_count_ > 0) counts += fmt::format(", {}", format_count(lookup_count_, "DNS look-up", "DNS look-ups"));
    counts += fmt::format("; {}, {}", format_count(critical_count_, "critical finding", "critical findings"),
                          format_count(warning_count_, "warning", "warnings"));
    return counts;
}

std::string Summary::to_text(const report::Style& style, std::size_t shown_rows) const {
    std::string out = style.strong("Summary") + ": ";
    report::append_wrapped(out, counts_text(), 9, 9, line_width);
    out += '\n';
    if (failed_lookup_count_ > 0) {
        const auto text = fmt::format("DNS: {} of the service record found no host",
                                      format_count(failed_lookup_count_, "look-up", "look-ups"));
        out += "  " + colored(style, rank_of_trouble, text) + '\n';
    }
    if (rows_.empty()) return out + nothing_text();

    std::vector<std::pair<Row, std::uint64_t>> rows{rows_.begin(), rows_.end()};
    std::sort(rows.begin(), rows.end());
    const std::size_t shown = shown_rows == 0 ? rows.size() : std::min(shown_rows, rows.size());
    append_rows(out, {rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(shown)}, style);
    if (shown == rows.size()) return out;
    std::uint64_t left = 0;
    for (std::size_t i = shown; i < rows.size(); ++i) left += rows[i].second;
    return out + fmt::format("      and {} with {}; --summary shows all\n",
                             format_count(rows.size() - shown, "more row", "more rows"),
                             format_count(left, "request or attempt", "requests or attempts"));
}

void Summary::append_rows(std::string& out, std::span<const std::pair<Row, std::uint64_t>> rows,
                          const report::Style& style) {
    std::size_t client_width = 0;
    std::size_t host_width = 0;
    for (const auto& [row, tally] : rows) {
        client_width = std::max(client_width, client_text(row).size());
        host_width = std::max(host_width, host_text(row).size());
    }
    const std::size_t product_column = std::min(client_column + client_width + 4 + host_width + 2, max_product_column);
    std::string heading;
    for (const auto& [row, tally] : rows) {
        if (const std::string text = outcome_text(row); text != heading) {
            heading = text;
            out += "  " + colored(style, row.rank, heading) + '\n';
        }
        out += fmt::format("{:>7} x ", tally);
        const std::string ends = padded(client_text(row), client_width) + " -> " + host_text(row);
        report::append_wrapped(out, ends, client_column, client_column, line_width);
        const std::size_t column = client_column + ends.size();
        if (column < product_column) {
            out.append(product_column - column, ' ');
        } else {
            out += '\n';
            out.append(product_column, ' ');
        }
        report::append_wrapped(out, escape_for_terminal(product_text(row.readable, row.version, row.product)),
                               product_column, product_column, line_width);
        out += '\n';
    }
}

}  // namespace diag::decode
