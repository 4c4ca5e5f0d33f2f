#pragma once

#include <functional>
#include <string>
#include <unordered_set>

#include "libdiag/check/capture_file_findings.h"
#include "libdiag/check/event_join.h"
#include "libdiag/check/verdict.h"
#include "libdiag/correlate/correlation.h"
#include "libdiag/decode/annotations.h"
#include "libdiag/decode/held_conversations.h"
#include "libdiag/decode/selection.h"
#include "libdiag/decode/summary.h"
#include "libdiag/dissect/tracker.h"
#include "libdiag/slmgr/read_saved.h"

namespace diag::decode {

/// What to print of each conversation.
enum class Detail : std::uint8_t {
    blocks,   ///< a readable block each, then the summary
    tree,     ///< the same with the field tree of each PDU
    summary,  ///< only the table
    json,     ///< NDJSON, no table
};

struct Settings {
    Detail detail = Detail::blocks;
    bool statistics = false;
    bool verbose = false;
    bool quiet = false;  ///< only what has a warning or a critical finding
    bool colored = false;
    bool redacted = false;  ///< what comes in has pseudonyms, and the reports say so
    bool clients = false;   ///< all clients and hosts at the end, not only those that have findings
    Selection selection;
    std::uint16_t kms_port = 1688;
    std::uint64_t hash_key = 0;
};

/// Takes results as they come; false when nobody reads them any more.
using Write = std::function<bool(std::string_view)>;

/// Where the packets of conversations go that may be wanted later (`-w`).
class PacketKeeper {
public:
    virtual ~PacketKeeper() = default;
    virtual void begin_capture() = 0;
    virtual void keep(std::uint64_t serial, const PacketView& packet) = 0;
    virtual void keep_fragment(const PacketView& packet) = 0;
    virtual void assign_fragments(std::uint64_t serial, std::span<const std::uint64_t> packet_numbers) = 0;
    virtual void select(std::uint64_t serial) = 0;

    /// Whether it takes the next two, and the packets of DNS searches.
    virtual bool wants_annotations() const { return false; }
    virtual void annotate(std::span<const Annotation>) {}
    virtual void name(std::span<const KnownName>) {}
};

using check::CaptureDamage;

/// kms-decode without files, options and signals: packets in, text out, findings counted.
///
///     Decoder decoder{settings, codec, write};
///     decoder.begin_capture("a.pcap");
///     while (source.next(packet)) decoder.on_packet(packet);
///     decoder.end_capture(damage);
///     decoder.finish();
class Decoder : public dissect::Sink {
public:
    Decoder(const Settings& settings, kms::Codec& codec, Write write, PacketKeeper* keeper = nullptr);
    ~Decoder() override;

    void begin_capture(std::string name);
    void on_packet(const PacketView& packet);
    /// Nothing came for a while (live captures): reports what is over.
    void on_time(Timestamp now);
    /// `seconds`: how long it took, for --stats; 0 when unknown.
    void end_capture(const std::optional<CaptureDamage>& damage, double seconds);
    /// Logs to join with the captures that follow; their timelines come at the end.
    void set_event_logs(std::vector<windows::KmsLog> logs) { event_logs_ = std::move(logs); }
    /// Saved licensing output of one machine; `source` names the file.
    void add_saved(const std::string& source, const slmgr::SavedOutput& saved);
    /// The clients and hosts of all captures, the timelines, the summary and the verdict.
    void finish();

    /// Hands on what was written so far; live captures want each conversation at once.
    void flush();
    bool is_output_closed() const { return closed_; }
    std::optional<check::Severity> worst() const { return worst_; }
    const Summary& summary() const { return summary_; }
    /// All captures in a line: counts, and the ids of what is behind it all.
    std::string verdict() const;

private:
    void on_conversation(const dissect::Conversation& conversation) override;
    void on_dns(const dissect::DnsSearch& search) override;
    void annotate_conversation(const dissect::Conversation& conversation, check::Outcome outcome);
    void annotate_together(std::span<const check::Finding> findings);
    void annotate_search(const dissect::DnsSearch& search, std::span<const check::Finding> findings);
    void on_packet(std::uint64_t serial, const PacketView& packet) override;
    void on_fragment(const PacketView& packet) override;
    void on_fragments_of(std::uint64_t serial, std::span<const std::uint64_t> packet_numbers) override;
    void note(std::span<const check::Finding> findings, const std::string& source, check::Witness witness);
    void note(std::span<const check::Finding> findings) { note(findings, capture_, check::Witness::capture); }
    void hold(const dissect::Conversation& conversation, check::Outcome outcome,
              const std::vector<check::Finding>& findings, const Attempt& attempt);
    Told told(const dissect::Conversation& conversation, check::Outcome outcome,
              std::vector<check::Finding> findings) const;
    void append(std::string& out, const dissect::Conversation& conversation, check::Outcome outcome,
                std::span<const check::Finding> findings) const;
    void tell(std::span<const Told> all);
    void print_verdict();
    void print_redaction();
    void print_timelines();
    void print_capture(std::span<const check::Finding> findings, double seconds);
    void add_contacts(const dissect::Conversation& conversation, check::Outcome outcome, bool is_selected);
    void tell_correlation();
    std::vector<check::Finding> capture_findings(const std::optional<CaptureDamage>& damage) const;

    Settings settings_;
    kms::Codec& codec_;
    Write write_;
    PacketKeeper* keeper_;
    PacketKeeper* annotated_;  ///< the same where it wants annotations
    report::Style style_;
    Summary summary_;
    std::string capture_;
    std::unique_ptr<dissect::Tracker> tracker_;
    correlate::Correlation correlation_;
    HeldConversations held_;
    std::vector<windows::KmsLog> event_logs_;
    std::vector<check::KnownRenewal> renewals_;              // by saved output
    std::vector<check::CapturedRequest> captured_requests_;  // only where there are event logs
    std::string out_;
    bool closed_ = false;
    std::optional<check::Severity> worst_;
    check::Verdict verdict_;
    std::uint64_t place_count_ = 0;  ///< in which something above info was found
};

}  // namespace diag::decode
