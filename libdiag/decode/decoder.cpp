#include "libdiag/decode/decoder.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/base/utf.h"
#include "libdiag/check/conversation_findings.h"
#include "libdiag/check/dlv_findings.h"
#include "libdiag/check/dns_findings.h"
#include "libdiag/check/event_findings.h"
#include "libdiag/check/silence.h"
#include "libdiag/check/target_findings.h"
#include "libdiag/decode/captured_requests.h"
#include "libdiag/decode/conversation_json.h"
#include "libdiag/decode/conversation_text.h"
#include "libdiag/decode/conversation_tree.h"
#include "libdiag/decode/correlation_report.h"
#include "libdiag/decode/dns_json.h"
#include "libdiag/decode/dns_text.h"
#include "libdiag/decode/redaction_json.h"
#include "libdiag/decode/saved_document.h"
#include "libdiag/decode/timeline.h"
#include "libdiag/decode/verdict_json.h"
#include "libdiag/report/json_finding.h"
#include "libdiag/report/verdict.h"
#include "libdiag/slmgr/last_renewal.h"

namespace diag::decode {
namespace {

constexpr std::size_t flush_size = 64U << 10;
constexpr std::string_view redaction_note = "Names, addresses and ids are pseudonyms (--redact).";
constexpr std::size_t max_renewals = 1024;
constexpr std::size_t shown_rows = 20;  // of the summary behind blocks; --summary shows all

}  // namespace

Decoder::Decoder(const Settings& settings, kms::Codec& codec, Write write, PacketKeeper* keeper)
    : settings_{settings},
      codec_{codec},
      write_{std::move(write)},
      keeper_{keeper},
      annotated_{keeper != nullptr && keeper->wants_annotations() ? keeper : nullptr},
      style_{settings.colored},
      correlation_{settings.hash_key} {
    if (settings_.redacted && settings_.detail == Detail::json) append_redaction_json(out_);
}

Decoder::~Decoder() = default;

void Decoder::begin_capture(std::string name) {
    capture_ = std::move(name);
    summary_.add_capture();
    correlation_.begin_capture(capture_);
    if (keeper_ != nullptr) keeper_->begin_capture();
    dissect::TrackerOptions options;
    options.kms_port = settings_.kms_port;
    options.hash_key = settings_.hash_key;
    options.announce_packets = keeper_ != nullptr;
    options.announce_dns = annotated_ != nullptr || (keeper_ != nullptr && settings_.redacted);
    tracker_ = std::make_unique<dissect::Tracker>(options, codec_, static_cast<dissect::Sink&>(*this));
}

void Decoder::on_packet(const PacketView& packet) {
    tracker_->on_packet(packet);
    if (!held_.is_empty()) tell(held_.take_due(packet.time));
}

void Decoder::on_time(Timestamp now) {
    tracker_->on_time(now);
    tell(held_.take_due(now));
}

void Decoder::end_capture(const std::optional<CaptureDamage>& damage, double seconds) {
    tracker_->finish();
    tell(held_.take_all());
    held_ = {};
    const auto findings = capture_findings(damage);
    note(findings);
    summary_.add_findings(findings);
    print_capture(findings, seconds);
}

void Decoder::print_timelines() {
    if (event_logs_.empty()) return;
    check::JoinedEvents events = check::join_events(event_logs_, captured_requests_);
    events.renewals = renewals_;
    const auto findings = check::check_events(events);
    const std::string source = event_logs_.size() == 1 ? event_logs_.front().name : "the event logs together";
    note(findings, source, check::Witness::event_log);
    summary_.add_findings(findings);
    for (const auto* client : clients_to_print(events, settings_.quiet)) {
        if (settings_.detail == Detail::json) {
            append_timeline_json(out_, events, *client);
        } else if (settings_.detail != Detail::summary) {
            append_timeline_text(out_, events, *client, style_, settings_.verbose);
        }
        if (out_.size() >= flush_size) flush();
    }
    if (settings_.detail == Detail::json) return append_events_json(out_, events, findings);
    const bool is_trouble = check::worst(findings).value_or(check::Severity::info) != check::Severity::info;
    if (settings_.detail == Detail::summary || (settings_.quiet && !is_trouble)) return;
    append_events_text(out_, events, findings, style_, settings_.verbose);
}

void Decoder::finish() {
    tell_correlation();
    print_timelines();
    // Without a capture that could be opened a table of zeros would look like a result.
    if (!capture_.empty() && settings_.detail != Detail::json)
        out_ += summary_.to_text(style_, settings_.detail == Detail::summary ? 0 : shown_rows);
    print_verdict();
    print_redaction();
    flush();
}

void Decoder::print_redaction() {
    if (!settings_.redacted || settings_.detail == Detail::json) return;
    out_ += fmt::format("{}\n", redaction_note);
}

void Decoder::add_saved(const std::string& source, const slmgr::SavedOutput& saved) {
    for (const slmgr::Dlv& product : saved.products) {
        verdict_.hosts().add_saved(product, source);
        const auto since = slmgr::last_renewal(product);
        if (!since || !product.client_machine_id || renewals_.size() >= max_renewals) continue;
        renewals_.push_back(
            {.client_machine_id = *product.client_machine_id,
             .activation_id = product.activation_id ? std::optional{*product.activation_id} : std::nullopt,
             .since = *since});
    }
    const auto findings = check::check_saved(saved, source, {});
    note(findings, source, check::Witness::saved_output);
    summary_.add_findings(findings);
    const bool is_trouble = check::worst(findings).value_or(check::Severity::info) != check::Severity::info;
    if (settings_.detail == Detail::summary || (settings_.quiet && !is_trouble)) return;
    const SavedDocument document{.source = source, .saved = saved, .findings = findings};
    if (settings_.detail == Detail::json) return append_json(out_, document);
    append_text(out_, document, style_, settings_.verbose);
}

void Decoder::print_verdict() {
    // What was found wrong in one place stands there; the table alone shows no findings.
    const bool has_effects = std::ranges::any_of(
        verdict_.conclusions(), [](const auto& conclusion) { return !conclusion.consequences.empty(); });
    if (place_count_ < 2 && !has_effects && settings_.detail != Detail::summary) return;
    if (settings_.detail == Detail::json) return append_verdict_json(out_, verdict_);
    report::append_verdict(out_, verdict_, style_, settings_.verbose);
}

void Decoder::flush() {
    if (!out_.empty() && !closed_) closed_ = !write_(out_);
    out_.clear();
}

void Decoder::note(std::span<const check::Finding> findings, const std::string& source, check::Witness witness) {
    const auto severity = check::worst(findings);
    if (severity && (!worst_ || *severity > *worst_)) worst_ = severity;
    if (severity && *severity != check::Severity::info) ++place_count_;
    verdict_.add(findings, source, witness);
}

void Decoder::on_conversation(const dissect::Conversation& conversation) {
    const check::Outcome outcome = check::outcome_of(conversation);
    if (!event_logs_.empty()) collect_requests(conversation, outcome, capture_, captured_requests_);
    if (outcome == check::Outcome::complete) verdict_.hosts().add_served(conversation.host);
    const bool is_selected = settings_.selection.matches(conversation, outcome);
    const auto attempt = HeldConversations::attempt_of(conversation);
    add_contacts(conversation, outcome, is_selected);
    if (!is_selected) summary_.add_unselected(conversation);
    if (!is_selected && !attempt) return;
    auto findings = check::check_conversation(conversation, outcome);
    const bool is_failure = check::is_failure(findings);
    if (attempt && !is_failure && outcome == check::Outcome::complete) tell(held_.on_served(*attempt));
    if (!is_selected) return;
    summary_.add(conversation, outcome, findings);
    if (keeper_ != nullptr) keeper_->select(conversation.serial);
    if (annotated_ != nullptr) annotate_conversation(conversation, outcome);
    if (attempt && is_failure) return hold(conversation, outcome, findings, *attempt);
    if (annotated_ != nullptr) annotated_->annotate(annotate(findings, conversation.last.packet, Backslash::doubled));
    note(findings);
    summary_.add_findings(findings);
    append(out_, conversation, outcome, findings);
    if (out_.size() >= flush_size) flush();
}

void Decoder::hold(const dissect::Conversation& c, check::Outcome outcome, const std::vector<check::Finding>& findings,
                   const Attempt& attempt) {
    const std::string target = fmt::format("{}:{}", attempt.target, c.host.port);
    tell(held_.hold({.attempt = attempt,
                     .since = c.observed_until,
                     .told = {told(c, outcome, findings), told(c, outcome, {check::skipped_host(target, findings)}),
                              told(c, outcome, {check::dead_address(target, c.host, findings)})}}));
}

void Decoder::tell(std::span<const Told> all) {
    for (const Told& told : all) {
        note(told.findings);
        summary_.add_findings(told.findings);
        out_ += told.text;
        if (annotated_ != nullptr) annotated_->annotate(told.annotations);
    }
    if (out_.size() >= flush_size) flush();
}

Told Decoder::told(const dissect::Conversation& conversation, check::Outcome outcome,
                   std::vector<check::Finding> findings) const {
    Told out{.findings = std::move(findings), .text = {}, .annotations = {}};
    if (annotated_ != nullptr) out.annotations = annotate(out.findings, conversation.last.packet, Backslash::doubled);
    append(out.text, conversation, outcome, out.findings);
    return out;
}

void Decoder::append(std::string& out, const dissect::Conversation& conversation, check::Outcome outcome,
                     std::span<const check::Finding> findings) const {
    const bool is_trouble = check::worst(findings).value_or(check::Severity::info) != check::Severity::info;
    if (settings_.detail == Detail::summary || (settings_.quiet && !is_trouble)) return;
    if (settings_.detail == Detail::json) return append_json(out, conversation, outcome, findings, capture_);
    append_text(out, conversation, outcome, findings, capture_, style_, settings_.verbose);
    if (settings_.detail == Detail::tree) append_trees(out, conversation, style_);
}

void Decoder::on_dns(const dissect::DnsSearch& search) {
    if (!settings_.selection.matches(search)) return summary_.add_unselected_lookup();
    const auto findings = check::check_dns(search);
    if (!search.client_found_host && check::is_failure(findings))
        correlation_.add_failed_search(search, findings.front().rule->id, true);
    note(findings);
    summary_.add_lookup(findings);
    if (annotated_ != nullptr) annotate_search(search, findings);
    if (settings_.quiet && check::worst(findings).value_or(check::Severity::info) == check::Severity::info) return;
    if (settings_.detail == Detail::json) {
        append_json(out_, search, findings, capture_);
    } else if (settings_.detail != Detail::summary) {
        append_text(out_, search, findings, capture_, style_, settings_.verbose);
    }
}

void Decoder::annotate_conversation(const dissect::Conversation& c, check::Outcome outcome) {
    annotated_->annotate(annotate(c, outcome));
    annotated_->name(names_of(c));
    // What led the client there, also where the selection leaves out its search.
    if (!c.found_through) return;
    const dissect::DnsPath& path = *c.found_through;
    for (const dissect::Mark& mark : {path.asked, path.answered, path.address_asked, path.address_answered})
        if (mark) annotated_->select(mark.packet);
}

void Decoder::annotate_search(const dissect::DnsSearch& search, std::span<const check::Finding> findings) {
    annotated_->annotate(annotate(search));
    annotated_->annotate(annotate(findings, search.decisive().asked.packet, Backslash::kept));
    annotated_->name(names_of(search));
    for (const auto* lookups : {&search.lookups, &search.probes, &search.address_lookups}) {
        for (const dissect::DnsLookup& lookup : *lookups) {
            for (const dissect::Mark& mark : {lookup.asked, lookup.asked_last, lookup.answered, lookup.refused})
                if (mark) annotated_->select(mark.packet);
            for (const auto& stray : lookup.strays) annotated_->select(stray.mark.packet);
            if (lookup.connection != 0) annotated_->select(lookup.connection);
        }
    }
}

// Numbers of packets are those of the only capture.
void Decoder::annotate_together(std::span<const check::Finding> findings) {
    for (const check::Finding& finding : findings)
        if (!finding.packets.empty())
            annotated_->annotate(annotate(std::span{&finding, 1}, finding.packets.front(), Backslash::doubled));
}

std::string Decoder::verdict() const {
    std::string text = summary_.counts_text();
    std::vector<std::string_view> ids;
    for (const auto& conclusion : verdict_.conclusions()) {
        const std::string_view id = conclusion.cause.finding.rule->id;
        if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
    }
    if (!ids.empty()) text += fmt::format(": {}", fmt::join(ids, ", "));
    return settings_.redacted ? fmt::format("{}. {}", text, redaction_note) : text;
}

void Decoder::on_packet(std::uint64_t serial, const PacketView& packet) { keeper_->keep(serial, packet); }
void Decoder::on_fragment(const PacketView& packet) { keeper_->keep_fragment(packet); }
void Decoder::on_fragments_of(std::uint64_t serial, std::span<const std::uint64_t> packet_numbers) {
    keeper_->assign_fragments(serial, packet_numbers);
}

void Decoder::add_contacts(const dissect::Conversation& conversation, check::Outcome outcome, bool is_selected) {
    correlation_.add(conversation,
                     {.outcome = check::name_of(outcome),
                      .is_open = check::is_too_soon_to_tell(conversation, outcome),
                      .is_rejected = fails_checks},
                     is_selected);
}

void Decoder::tell_correlation() {
    correlation_.settle();
    const std::string source = correlation_.has_several_files() ? "the captures together" : capture_;
    report_correlation(
        correlation_, settings_, style_,
        [&](std::span<const check::Finding> findings) {
            note(findings, source, check::Witness::capture);
            summary_.add_findings(findings);
            if (annotated_ != nullptr && !correlation_.has_several_files()) annotate_together(findings);
        },
        [this](std::string_view text) {
            out_ += text;
            if (out_.size() >= flush_size) flush();
        });
}

std::vector<check::Finding> Decoder::capture_findings(const std::optional<CaptureDamage>& damage) const {
    std::vector<check::Finding> findings;
    check::look(check::capture_file_rows(),
                check::CaptureFileEvidence{.name = capture_,
                                           .statistics = tracker_->statistics(),
                                           .scans = tracker_->scans().scans(),
                                           .damage = damage},
                findings);
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
    report::append_findings(out_, findings, style_, settings_.verbose);
    if (settings_.statistics) append_statistics(out_, s, seconds);
    out_ += '\n';
}

}  // namespace diag::decode
