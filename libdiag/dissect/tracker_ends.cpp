// How connections end: when they are over, when memory runs out, when the capture ends; and what is reported then.
#include <algorithm>

#include "libdiag/dissect/dialogue.h"
#include "libdiag/dissect/tracker_parts.h"

namespace diag::dissect {
namespace {

constexpr std::int64_t linger_ns = 2'000'000'000;  // late retransmissions of a closed connection still belong to it
constexpr std::size_t max_over = 1024;

}  // namespace

// nullptr when it was closed since.
Flow* Tracker::flow_of(const Over& over) {
    Flow* flow = flows_.at(over.pool_index);
    return flow != nullptr && flow->serial == over.serial ? flow : nullptr;
}

// The flow is over: hands it to the sink if it is a KMS conversation.
void Tracker::report(Flow& flow, Ending ending) {
    if (!flow.has_payload() && is_empty_attempt(flow)) return sink_.on_empty_attempt(flow.serial, flow.client.ip);
    if (read_dialogue(flow, true, codec_, conversation_)) hand_over(flow, ending);
}

void Tracker::hand_over(const Flow& flow, Ending ending) {
    // A reordered capture may have had the SYN before the answer.
    if (!dns_.has_path(flow.client.ip, flow.host)) dns_.on_connect(flow.client, flow.host, flow.first);
    conversation_.found_through = dns_.path_of(flow.client.ip, flow.host);
    // Names may share an address: this client meant the one that it asked for.
    conversation_.host_name =
        conversation_.found_through ? conversation_.found_through->target : dns_.name_of(flow.host.ip);
    conversation_.observed_until = now_;
    conversation_.reported_early = ending == Ending::early;
    if (std::any_of(conversation_.exchanges.begin(), conversation_.exchanges.end(),
                    [](const Exchange& e) { return e.response_pdu.has_value(); }))
        dns_.on_served(flow.client.ip, flow.last.time);
    report_dns(dns_.take_connected(flow.client.ip, flow.host, now_));
    sink_.on_conversation(conversation_);
}

void Tracker::queue_over(Flow& flow) {
    if (!flow.is_over() || flow.over_queued) return;
    flow.over_queued = true;
    over_.push_back({flow.pool_index, flow.serial, flow.last.time});
}

// A very long conversation: reports what is complete and forgets its bytes. When nothing is, all of it goes.
void Tracker::split(Flow& flow) {
    if (!read_dialogue(flow, false, codec_, conversation_)) {
        ++statistics_.early_report_count;
        report(flow, Ending::early);
        return close_flow(flow, flow.verdict != Flow::Verdict::kms);
    }
    hand_over(flow, Ending::natural);
    for (std::size_t side = 0; side < 2; ++side) flow.directions[side].drop_before(flow.consumed[side]);
    flows_.charge(flow);
}

// Attempts without a byte: port checks and scans are no conversations.
bool Tracker::is_empty_attempt(const Flow& flow) {
    if (!flow.facts.syn && !flow.facts.syn_ack) return true;  // only the end of a connection was captured
    if (scans_.is_scan(flow.client.ip, flow.host, flow.first.time)) {
        scans_.on_left_out(flow.client.ip, flow.first.packet);
        return true;
    }
    if (flow.facts.established && flow.facts.closed_first != Side::host) {
        ++statistics_.empty_connection_count;
        return true;
    }
    return false;
}

void Tracker::close_flow(Flow& flow, bool reject) {
    if (stream::FlowSlot* slot = table_.find(flow.fingerprint)) {
        if (reject) {
            slot->set_kind(stream::FlowSlot::Kind::rejected);
            slot->first_packet = flow.serial & ((std::uint64_t{1} << 40) - 1);
            slot->first_time = flow.facts.syn.time.ns;
            slot->syn_count = std::min(flow.facts.syn_count, std::uint32_t{max_syn_count}) & 0xFF;
        } else {
            table_.erase(*slot);
        }
    }
    flows_.release(flow);
}

void Tracker::on_time(Timestamp now) {
    if (now > now_) now_ = now;
    sweep(now);
    if (dns_.is_due(now_)) report_dns(dns_.take_due(now_));
}

void Tracker::sweep(Timestamp now) {
    while (!over_.empty() && (over_.size() > max_over || now.ns - over_.front().time.ns > linger_ns)) {
        const Over over = over_.front();
        over_.pop_front();
        Flow* flow = flow_of(over);
        if (flow == nullptr) continue;
        // Packets since then: a late retransmission, or a rejection that was not the end.
        if (!flow->is_over()) {
            flow->over_queued = false;
        } else if (flow->last.time > over.time) {
            over_.push_back({over.pool_index, over.serial, flow->last.time});
        } else {
            report(*flow, Ending::natural);
            close_flow(*flow, false);
        }
    }
}

// Makes room: first by what is over, then by what was silent the longest.
void Tracker::relieve() {
    const std::size_t wanted = options_.flow_memory - options_.flow_memory / 8;
    const std::size_t wanted_count = options_.max_flows - options_.max_flows / 8;
    const auto has_room = [&] { return flows_.memory() <= wanted && flows_.count() <= wanted_count; };
    while (!has_room() && !over_.empty()) {
        const Over over = over_.front();
        over_.pop_front();
        Flow* flow = flow_of(over);
        if (flow == nullptr) continue;
        report(*flow, Ending::natural);
        close_flow(*flow, false);
    }
    for (Flow* flow = nullptr; !has_room() && (flow = flows_.silent_longest()) != nullptr;) {
        ++statistics_.early_report_count;
        report(*flow, Ending::early);
        close_flow(*flow, false);
    }
}

void Tracker::finish() {
    for (Flow* flow : flows_.all()) {
        report(*flow, Ending::natural);
        close_flow(*flow, false);
    }
    over_.clear();
    // Behind the conversations, which tell whether a client found its host without these.
    report_dns(dns_.take_all(now_));
    statistics_.evicted_handshake_count = table_.evicted_count();
}

}  // namespace diag::dissect
