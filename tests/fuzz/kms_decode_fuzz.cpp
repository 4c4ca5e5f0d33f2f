// The whole of kms-decode but files and options: bytes as a capture, decoded in every mode. Properties: text holds no control
// character but the end of a line, JSON is one object a line, and what a sink is given keeps its own rules, also when the
// tracker has to give up connections for want of room. What is written as pcapng is read back as it was, and no packet twice.
#include <algorithm>
#include <boost/json.hpp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "libdiag/capture/pcapng_writer.h"
#include "libdiag/capture/reader.h"
#include "libdiag/check/conversation_findings.h"
#include "libdiag/check/dns_findings.h"
#include "libdiag/check/rules.h"
#include "libdiag/decode/conversation_json.h"
#include "libdiag/decode/conversation_text.h"
#include "libdiag/decode/conversation_tree.h"
#include "libdiag/decode/decoder.h"
#include "libdiag/decode/dns_json.h"
#include "libdiag/decode/dns_text.h"

using namespace diag;

namespace {

void require(bool ok, int line = __builtin_LINE()) {
    if (ok) return;
    std::fprintf(stderr, "kms_decode_fuzz.cpp:%d: does not hold\n", line);
    std::abort();
}

kms::Codec& codec() {
    static kms::Codec shared{kms::lab_profile()};
    return shared;
}

void check_text(std::string_view text) {
    require(std::none_of(text.begin(), text.end(),
                         [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7F; }));
}

void check_json(std::string_view text) {
    require(text.empty() || text.back() == '\n');
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        boost::json::error_code error;
        const auto value = boost::json::parse({line.data(), line.size()}, error);
        require(!error && value.is_object() && value.as_object().contains("schema_version"));
        text.remove_prefix(line.size() + 1);
    }
}

struct Sizes {
    std::uint64_t packet_count = 0;
    bool is_damaged = false;
};

template <class Consume> Sizes read(Bytes bytes, Consume consume) {
    Sizes sizes;
    auto reader = capture::CaptureReader::from_memory(bytes);
    if (!reader) return sizes;
    for (PacketView packet; reader->next(packet);) {
        consume(packet);
        sizes.packet_count = packet.number;
    }
    sizes.is_damaged = reader->damage().has_value();
    return sizes;
}

// As -w FILE.pcapng does, but in memory and with every packet that it is offered.
class Annotator : public decode::PacketKeeper {
public:
    void check() const {
        Writer file;
        capture::PcapngWriter blocks;
        blocks.begin_section(file, "fuzz", "comment");
        blocks.add_names(file, names_);
        std::vector<const Kept*> written;
        for (const auto& [number, kept] : packets_) {
            const auto found = comments_.find(number);
            const PacketView packet{.number = number,
                                    .time = kept.time,
                                    .link_type = kept.link_type,
                                    .original_size = kept.original_size,
                                    .data = kept.data};
            const bool has_comments = found != comments_.end();
            if (blocks.add_packet(file, packet, has_comments ? found->second : std::vector<std::string>{}))
                written.push_back(&kept);
        }
        std::size_t index = 0;
        const Sizes sizes = read(file.view(), [&](const PacketView& packet) {
            require(std::ranges::equal(packet.data, written.at(index)->data));
            require(packet.link_type == written[index++]->link_type);
        });
        require(!sizes.is_damaged && sizes.packet_count == written.size());
    }

private:
    struct Kept {
        Timestamp time;
        LinkType link_type{};
        std::uint32_t original_size = 0;
        ByteVector data;
    };

    void add(const PacketView& packet) {
        const auto [place, is_new] = packets_.try_emplace(packet.number);
        require(is_new);
        place->second = {packet.time, packet.link_type, packet.original_size, {packet.data.begin(), packet.data.end()}};
    }
    void begin_capture() override {}
    void keep(std::uint64_t serial, const PacketView& packet) override {
        require(serial >= 1 && serial <= packet.number);
        add(packet);
    }
    void keep_fragment(const PacketView& packet) override { add(packet); }
    void assign_fragments(std::uint64_t, std::span<const std::uint64_t> numbers) override {
        for (const std::uint64_t number : numbers) require(packets_.contains(number));
    }
    void select(std::uint64_t serial) override { require(serial >= 1); }
    bool wants_annotations() const override { return true; }
    void annotate(std::span<const decode::Annotation> annotations) override {
        for (const auto& annotation : annotations) {
            require(annotation.packet >= 1 && !annotation.text.empty());
            check_text(annotation.text);
            require(!annotation.text.contains('\n'));
            comments_[annotation.packet].push_back(annotation.text);
        }
    }
    void name(std::span<const decode::KnownName> names) override {
        for (const auto& known : names) {
            require(decode::host_name_text(known.name) == known.name);
            names_.push_back({known.address, known.name});
        }
    }

    std::map<std::uint64_t, Kept> packets_;
    std::map<std::uint64_t, std::vector<std::string>> comments_;
    std::vector<capture::NamedAddress> names_;
};

void run_decoder(Bytes bytes, decode::Detail detail, bool verbose) {
    std::string out;
    Annotator annotator;
    const auto write = [&out](std::string_view text) {
        out += text;
        return true;
    };
    decode::Decoder decoder{
        {.detail = detail, .statistics = verbose, .verbose = verbose}, codec(), write, verbose ? &annotator : nullptr};
    decoder.begin_capture("fuzz.pcap");
    const Sizes sizes = read(bytes, [&decoder](const PacketView& packet) { decoder.on_packet(packet); });
    std::optional<decode::CaptureDamage> damage;
    if (sizes.is_damaged) damage = decode::CaptureDamage{.offset = 24, .what = "cut off"};
    decoder.end_capture(damage, 0);
    decoder.finish();
    if (sizes.is_damaged) require(decoder.worst() >= check::Severity::warning);
    detail == decode::Detail::json ? check_json(out) : check_text(out);
    check_text(decoder.verdict());
    annotator.check();
}

bool is_packet(const dissect::Mark& mark, std::uint64_t packet_count) { return !mark || mark.packet <= packet_count; }

// Checks what the tracker hands out and runs everything that is made of it.
class CheckingSink : public dissect::Sink {
public:
    std::uint64_t packet_count = 0;  ///< fed so far

private:
    void on_conversation(const dissect::Conversation& c) override {
        require(c.first.packet >= 1 && c.first.packet <= c.last.packet && c.last.packet <= packet_count);
        require(c.serial >= 1 && c.serial <= packet_count && c.part >= 1);
        for (const auto& marks : {c.tcp.first_payload, c.tcp.last_payload, c.tcp.fin, c.tcp.rst})
            for (const auto& mark : marks) require(is_packet(mark, packet_count));
        for (const auto& pdu : c.pdus) check_pdu(pdu);
        for (const dissect::Side side : {dissect::Side::client, dissect::Side::host}) check_order(c, side);
        for (const auto& exchange : c.exchanges) check_exchange(c, exchange);
        print(c);
    }
    void on_dns(const dissect::DnsSearch& search) override {
        check_search(search);
        const auto findings = check::check_dns(search);
        std::string json;
        decode::append_json(json, search, findings, "fuzz.pcap");
        check_json(json);
        std::string text;
        decode::append_text(text, search, findings, "fuzz.pcap", report::Style{false}, true);
        check_text(text);
    }

    void check_search(const dissect::DnsSearch& search) const {
        require(!search.lookups.empty());
        for (const auto* lookups : {&search.lookups, &search.probes, &search.address_lookups}) {
            require(lookups->size() <= dissect::DnsSearches::max_lookups);
            for (const auto& lookup : *lookups)
                require(lookup.asked && is_packet(lookup.asked, packet_count) &&
                        is_packet(lookup.answered, packet_count));
        }
    }

    void check_pdu(const dissect::PduRecord& pdu) const {
        require(pdu.first && pdu.last && is_packet(pdu.first, packet_count) && is_packet(pdu.last, packet_count));
        require(!pdu.raw.empty() && pdu.raw.size() <= 65'535);
        require(pdu.cut || pdu.raw.size() == pdu.decoded.header.frag_length);
    }

    // The PDUs of one side lie one behind the other.
    static void check_order(const dissect::Conversation& c, dissect::Side side) {
        std::int64_t end = INT64_MIN;
        for (const auto& pdu : c.pdus) {
            if (pdu.from != side) continue;
            require(pdu.stream_offset >= end);
            end = pdu.stream_offset + static_cast<std::int64_t>(pdu.raw.size());
        }
    }

    static void check_exchange(const dissect::Conversation& c, const dissect::Exchange& e) {
        require(e.request_pdu < c.pdus.size() && c.pdus[e.request_pdu].from == dissect::Side::client);
        require(c.pdus[e.request_pdu].decoded.request() != nullptr);
        require(!e.response || e.response_pdu);
        require(!e.hresult || e.response_pdu);
        if (!e.response_pdu) return;
        require(*e.response_pdu < c.pdus.size() && c.pdus[*e.response_pdu].from == dissect::Side::host);
    }

    void print(const dissect::Conversation& c) {
        const auto outcome = check::outcome_of(c);
        const auto findings = check::check_conversation(c, outcome);
        require(outcome == check::Outcome::complete || !findings.empty());
        for (const auto& finding : findings) {
            require(finding.rule != nullptr && !finding.title.empty() && !finding.evidence.empty());
            require(check::find_rule(finding.rule->id) == finding.rule);
            for (const std::uint64_t packet : finding.packets) require(packet >= 1 && packet <= packet_count);
        }
        std::string json;
        decode::append_json(json, c, outcome, findings, "fuzz.pcap");
        check_json(json);
        std::string text;
        decode::append_text(text, c, outcome, findings, "fuzz.pcap", report::Style{false}, true);
        decode::append_trees(text, c, report::Style{false});
        check_text(text);
    }
};

void run_tracker(Bytes bytes, const dissect::TrackerOptions& options) {
    CheckingSink sink;
    dissect::Tracker tracker{options, codec(), sink};
    read(bytes, [&](const PacketView& packet) {
        sink.packet_count = packet.number;
        tracker.on_packet(packet);
    });
    tracker.finish();
    require(tracker.statistics().packet_count == sink.packet_count);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes bytes{data, size};
    using decode::Detail;
    run_decoder(bytes, Detail::blocks, false);
    run_decoder(bytes, Detail::tree, true);
    run_decoder(bytes, Detail::summary, false);
    run_decoder(bytes, Detail::json, true);
    run_tracker(bytes, {});
    // No room for anything: connections are reported early and in parts.
    run_tracker(bytes, {.max_slots = 4096, .flow_memory = 4096, .max_flows = 2, .part_size = 1024});
    return 0;
}
