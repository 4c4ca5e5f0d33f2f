#include "libdiag/decode/decoder.h"

#include <fmt/format.h>

#include "libdiag/base/utf.h"
#include "libdiag/check/conversation_findings.h"
#include "libdiag/check/dns_findings.h"
#include "libdiag/check/rules.h"
#include "libdiag/decode/conversation_json.h"
#include "libdiag/decode/conversation_text.h"
#include "libdiag/decode/conversation_tree.h"
#include "libdiag/decode/dns_json.h"
#include "libdiag/decode/dns_text.h"
#include "libdiag/report/json_finding.h"

namespace diag::decode {
namespace {

constexpr std::size_t flush_size = 64U << 10;
constexpr std::size_t shown_rows = 20;  // of the summary behind blocks; --summary shows all

check::Finding finding_about(const check::Rule& rule, const std::string& capture, std::string title,
                             std::string evidence) {
    return {
        .rule = &rule, .target = capture, .title = std::move(title), .evidence = {std::move(evidence)}, .packets = {}};
}

}  // namespace

Decoder::Decoder(const Settings& settings, kms::Codec& codec, Write write, PacketKeeper* keeper)
    : settings_{settings}, codec_{codec}, write_{std::move(write)}, keeper_{keeper}, style_{settings.colored} {}

Decoder::~Decoder() = default;

void Decoder::begin_capture(std::string name) {
    capture_ = std::move(name);
    summary_.add_capture();
    if (keeper_ != nullptr) keeper_->begin_capture();
    dissect::TrackerOptions options;
    options.kms_port = settings_.kms_port;
    options.hash_key = settings_.hash_key;
    options.announce_packets = keeper_ != nullptr;
    tracker_ = std::make_unique<dissect::Tracker>(options, codec_, static_cast<dissect::Sink&>(*this));
}

void Decoder::on_packet(const PacketView& packet) { tracker_->on_packet(packet); }

void Decoder::on_time(Timestamp now) { tracker_->on_time(now); }

void Decoder::end_capture(const std::optional<CaptureDamage>& damage, double seconds) {
    tracker_->finish();
    const auto findings = capture_findings(damage);
    note(findings);
    summary_.add_findings(findings);
    print_capture(findings, seconds);
}

void Decoder::finish() {
    // Without a capture that could be opened a table of zeros would look like a result.
    if (settings_.detail != Detail::json && !capture_.empty())
        out_ += summary_.to_text(style_, settings_.detail == Detail::summary ? 0 : shown_rows);
    flush();
}

void Decoder::flush() {
    if (!out_.empty() && !closed_) closed_ = !write_(out_);
    out_.clear();
}

void Decoder::note(std::span<const check::Finding> findings) {
    const auto severity = check::worst(findings);
    if (severity && (!worst_ || *severity > *worst_)) worst_ = severity;
}

void Decoder::on_conversation(const dissect::Conversation& conversation) {
    const check::Outcome outcome = check::outcome_of(conversation);
    if (!settings_.selection.matches(conversation, outcome)) return summary_.add_unselected(conversation);
    const auto findings = check::check_conversation(conversation, outcome);
    note(findings);
    summary_.add(conversation, outcome, findings);
    if (keeper_ != nullptr) keeper_->select(conversation.serial);
    print(conversation, outcome, findings);
    if (out_.size() >= flush_size) flush();
}

void Decoder::print(const dissect::Conversation& conversation, check::Outcome outcome,
                    std::span<const check::Finding> findings) {
    if (settings_.quiet && check::worst(findings).value_or(check::Severity::info) == check::Severity::info) return;
    switch (settings_.detail) {
        case Detail::json: return append_json(out_, conversation, outcome, findings, capture_);
        case Detail::summary: return;
        case Detail::tree:
            append_text(out_, conversation, outcome, findings, capture_, style_, settings_.verbose);
            return append_trees(out_, conversation, style_);
        case Detail::blocks:
            return append_text(out_, conversation, outcome, findings, capture_, style_, settings_.verbose);
    }
}

void Decoder::on_dns(const dissect::DnsSearch& search) {
    if (!settings_.selection.matches(search)) return summary_.add_unselected_lookup();
    const auto findings = check::check_dns(search);
    note(findings);
    summary_.add_lookup(findings);
    if (settings_.quiet && check::worst(findings).value_or(check::Severity::info) == check::Severity::info) return;
    if (settings_.detail == Detail::json) {
        append_json(out_, search, findings, capture_);
    } else if (settings_.detail != Detail::summary) {
        append_text(out_, search, findings, capture_, style_, settings_.verbose);
    }
}

void Decoder::on_packet(std::uint64_t serial, const PacketView& packet) { keeper_->keep(serial, packet); }
void Decoder::on_fragment(const PacketView& packet) { keeper_->keep_fragment(packet); }
void Decoder::on_fragments_of(std::uint64_t serial, std::span<const std::uint64_t> packet_numbers) {
    keeper_->assign_fragments(serial, packet_numbers);
}

std::vector<check::Finding> Decoder::capture_findings(const std::optional<CaptureDamage>& damage) const {
    namespace rule = check::rule;
    std::vector<check::Finding> findings;
    const auto& statistics = tracker_->statistics();
    if (damage) {
        findings.push_back(finding_about(
            rule::capture_damaged, capture_,
            fmt::format("{} is damaged at byte {}: everything before it was read", capture_, damage->offset),
            fmt::format("byte offset {}: {}; {} read before it", damage->offset, damage->what,
                        report::format_count(statistics.packet_count, "packet", "packets"))));
    }
    for (const auto& scan : tracker_->scans().scans()) {
        auto finding =
            finding_about(rule::capture_scan, to_string(scan.client),
                          fmt::format("{} scans for the KMS port or the ports of a host", to_string(scan.client)),
                          fmt::format("{} attempts without a byte left out, the first in packet {}", scan.attempt_count,
                                      scan.first_packet));
        finding.packets.push_back(scan.first_packet);
        findings.push_back(std::move(finding));
    }
    if (statistics.early_report_count > 0) {
        findings.push_back(finding_about(
            rule::capture_limit, capture_,
            fmt::format("{} of {} reported before the end",
                        report::format_count(statistics.early_report_count, "conversation", "conversations"), capture_),
            "too many connections were open at once for the memory bound"));
    }
    if (statistics.unsupported_link_count > 0) {
        findings.push_back(finding_about(
            rule::capture_link, capture_,
            fmt::format("{} of {} cannot be read: the link type is not supported",
                        report::format_count(statistics.unsupported_link_count, "packet", "packets"), capture_),
            fmt::format("link type {}", statistics.first_unsupported_link)));
    }
    return findings;
}

void Decoder::print_capture(std::span<const check::Finding> findings, double seconds) {
    if (findings.empty() && !settings_.statistics) return;
    const auto& s = tracker_->statistics();
    if (settings_.detail == Detail::json) {
        append_capture_json(out_, capture_, s, findings, settings_.statistics, seconds);
        return;
    }
    out_ += fmt::format("{}\n", style_.strong(escape_for_terminal(capture_)));
    for (const auto& finding : findings) report::append_finding(out_, finding, style_, settings_.verbose);
    if (settings_.statistics) append_statistics(out_, s, seconds);
    out_ += '\n';
}

}  // namespace diag::decode
