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
constexpr std::size_t product_column = 10 + client_width + 4 + host_width + 1;
constexpr std::size_t line_width = 80;

std::string colored(const report::Style& style, int rank, std::string_view text) {
    if (rank == rank_of_success) return style.good(text);
    return style.severity(rank == rank_of_warning ? check::Severity::warning : check::Severity::critical, text);
}

std::string padded(std::string_view text, std::size_t width) {
    std::string out{text};
    out.append(width - std::min(width, column_count(out)), ' ');
    return out;
}

std::string count_of(std::uint64_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
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
    if (row.checks_failed) return "complete, checks failed";
    if (row.count_low) return "complete, count too low";
    return std::string{check::name_of(row.outcome)};
}

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
    add_findings(findings);
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
    add_findings(findings);
}

std::string Summary::nothing_text() const {
    if (unselected_count_ > 0) {
        return fmt::format("No conversation matches the selection ({} in the {}).\n",
                           count_of(unselected_count_, "conversation", "conversations"),
                           capture_count_ == 1 ? "capture" : "captures");
    }
    return lookup_count_ > 0 ? "No KMS conversation found, only DNS look-ups.\n" : "No KMS traffic found.\n";
}

std::string Summary::to_text(const report::Style& style, std::size_t shown_rows) const {
    std::string counts =
        fmt::format("{}, {}, {}, {}, {}", count_of(capture_count_, "capture", "captures"),
                    count_of(conversation_count_, "conversation", "conversations"),
                    count_of(exchange_count_, "request", "requests"), count_of(clients_.size(), "client", "clients"),
                    count_of(hosts_.size(), "host", "hosts"));
    if (lookup_count_ > 0) counts += fmt::format(", {}", count_of(lookup_count_, "DNS look-up", "DNS look-ups"));
    counts += fmt::format("; {}, {}", count_of(critical_count_, "critical finding", "critical findings"),
                          count_of(warning_count_, "warning", "warnings"));
    std::string out = style.strong("Summary") + ": ";
    report::append_wrapped(out, counts, 9, 9, line_width);
    out += '\n';
    if (rows_.empty()) return out + nothing_text();

    std::vector<std::pair<Row, std::uint64_t>> rows{rows_.begin(), rows_.end()};
    std::sort(rows.begin(), rows.end());
    std::string heading;
    std::size_t shown = 0;
    std::uint64_t left = 0;
    for (const auto& [row, tally] : rows) {
        if (shown_rows != 0 && shown == shown_rows) {
            left += tally;
            continue;
        }
        ++shown;
        if (const std::string text = outcome_text(row); text != heading) {
            heading = text;
            out += "  " + colored(style, row.rank, heading) + '\n';
        }
        const bool told_apart = row.host != Endpoint{};
        const std::string who = fmt::format("{:>7} x {} -> {} ", tally,
                                            padded(told_apart ? to_string(row.client) : "other clients", client_width),
                                            padded(told_apart ? to_string(row.host) : "other hosts", host_width));
        out += who;
        report::append_wrapped(out, escape_for_terminal(product_text(row.readable, row.version, row.product)),
                               who.size(), product_column, line_width);
        out += '\n';
    }
    if (shown < rows_.size()) {
        out += fmt::format("      and {} more rows ({} requests); --summary shows all\n", rows_.size() - shown, left);
    }
    return out;
}

}  // namespace diag::decode
