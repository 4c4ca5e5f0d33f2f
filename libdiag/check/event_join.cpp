#include "libdiag/check/event_join.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "libdiag/base/line_text.h"
#include "libdiag/check/event_machines.h"
#include "libdiag/proto/dns/service_name.h"

namespace diag::check {
namespace {

using windows::KmsEvent;
using windows::KmsLog;
using windows::PlacedTime;
using windows::RequestProcessed;
using windows::RequestSent;
using windows::TimeSource;

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t minute_ns = 60 * second_ns;
constexpr std::int64_t answer_wait_ns = 2 * minute_ns;     // from 12288 to its 12289; TCP gives up earlier
constexpr std::int64_t before_capture_ns = 5 * second_ns;  // how far two clocks that a time server keeps may be apart
constexpr std::int64_t after_capture_ns = 30 * second_ns;  // 12288 is written when the attempt is over

bool is_failure(std::uint32_t hresult) { return (hresult >> 31) != 0; }

// A client sends a request or two a minute. Bounds the work for logs that say otherwise: what comes beyond is not joined.
constexpr std::size_t max_candidates = 64;

// Requests of one client for one product in one minute of its clock.
using RequestKey = std::tuple<Uuid, Uuid, std::int64_t>;

// Who asks for what, and when by its own clock.
struct RequestId {
    Uuid client_machine_id;
    std::optional<Uuid> activation_id;
    std::optional<Timestamp> client_time;

    RequestKey key(std::int64_t minutes_later = 0) const {
        return {client_machine_id, activation_id.value_or(Uuid{}), client_time->ns / minute_ns + minutes_later};
    }
};

RequestId id_of(const windows::LoggedRequest& request) {
    return {request.client_machine_id, request.activation_id, request.client_time};
}

std::string text_of(const RequestId& id) {
    return fmt::format("{}|{}", to_string(id.client_machine_id), to_string(id.activation_id.value_or(Uuid{})));
}

// A step while it is being joined.
struct Draft {
    RequestStep step;
    std::size_t client = 0;
};

// The machine ids of one machine: Office may have its own, and slmgr /rearm makes a new one.
struct ClientsOfMachine {
    std::size_t newest = 0;
    std::map<Uuid, std::size_t> by_product;
};

class Joiner {
public:
    Joiner(std::span<const KmsLog> logs, std::span<const CapturedRequest> captured) {
        out_.logs = logs;
        out_.captured = captured;
        out_.times.reserve(logs.size());
        for (const KmsLog& log : logs) out_.times.push_back(windows::place_in_utc(log));
    }

    JoinedEvents join() {
        each(&Joiner::add_sent);
        each(&Joiner::add_processed);
        add_answers();
        each(&Joiner::add_failed);
        add_captured();
        add_captured_by_time();
        each(&Joiner::add_publication);
        return finish();
    }

private:
    void each(void (Joiner::*add)(EventRef, const KmsEvent&)) {
        for (std::size_t log = 0; log < out_.logs.size(); ++log)
            for (std::size_t i = 0; i < out_.logs[log].events.size(); ++i)
                (this->*add)({log, i}, out_.logs[log].events[i]);
    }

    const PlacedTime& time_of(EventRef ref) const { return out_.time_of(ref); }

    // Exports overlap. `identity`: what tells this entry from others of its second.
    bool is_repeated(EventRef ref, std::uint32_t id, const std::string& identity) {
        const PlacedTime& time = time_of(ref);
        if (time.source == TimeSource::none) return false;
        return !seen_.insert(fmt::format("{}|{}|{}", id, time.at.ns / second_ns, identity)).second;
    }
    // Of events without a machine id: of which machine it speaks.
    std::string machine_of(EventRef ref) const {
        const std::string& computer = out_.at(ref).computer;
        return computer.empty() ? fmt::format("{}\n", ref.log) : dns::lower_case(computer);
    }

    std::size_t client_of(const std::optional<Uuid>& id, const std::string& machine, std::string_view name) {
        const std::string key = id ? to_string(*id) : machine;
        const auto [found, is_new] = client_index_.try_emplace(key, out_.clients.size());
        if (is_new) out_.clients.push_back({.client_machine_id = id, .name = {}, .steps = {}, .is_clone = false});
        ClientHistory& client = out_.clients[found->second];
        if (client.name.empty()) client.name = name;
        return found->second;
    }

    Draft& begin_step(std::size_t client, const PlacedTime& time) {
        drafts_.push_back({.step = {.time = time}, .client = client});
        return drafts_.back();
    }

    Draft& begin_request(std::size_t client, const PlacedTime& time, const RequestId& id) {
        Draft& draft = begin_step(client, time);
        draft.step.activation_id = id.activation_id;
        if (!id.client_time) return draft;
        auto& same = by_request_[id.key()];
        if (same.size() < max_candidates) same.push_back(drafts_.size() - 1);
        return draft;
    }

    void add_sent(EventRef ref, const KmsEvent& event) {
        const auto* sent = std::get_if<RequestSent>(&event.body);
        if (sent == nullptr) return;
        const RequestId id = id_of(sent->request);
        if (is_repeated(ref, event.event_id,
                        fmt::format("{}|{}|{:x}", text_of(id), dns::lower_case(sent->host), sent->hresult)))
            return;
        const std::size_t client = client_of(id.client_machine_id, {}, event.computer);
        begin_request(client, time_of(ref), id).step.sent = ref;
        auto& of_machine = clients_of_machine_[machine_of(ref)];
        of_machine.newest = client;
        if (id.activation_id) of_machine.by_product[*id.activation_id] = client;
    }

    // The best of the steps of the same request; a score below 0 is none. The minute may be rounded differently.
    template <class Score> Draft* find_step(const RequestId& id, Score score) {
        if (!id.client_time) return nullptr;
        Draft* best = nullptr;
        int best_score = -1;
        for (const int minutes_later : {0, -1, 1}) {
            const auto found = by_request_.find(id.key(minutes_later));
            if (found == by_request_.end()) continue;
            for (const std::size_t at : found->second) {
                const int value = score(drafts_[at].step);
                if (value <= best_score) continue;
                best = &drafts_[at];
                best_score = value;
            }
        }
        return best;
    }

    void add_processed(EventRef ref, const KmsEvent& event) {
        const auto* processed = std::get_if<RequestProcessed>(&event.body);
        if (processed == nullptr) return;
        const RequestId id = id_of(processed->request);
        if (is_repeated(ref, event.event_id,
                        fmt::format("{}|{:x}|{}", text_of(id), processed->hresult, dns::lower_case(event.computer))))
            return;
        Draft* draft = find_step(id, [&](const RequestStep& step) {
            const RequestSent* sent = out_.sent(step);
            if (step.processed || sent == nullptr) return -1;
            const bool was_reached = !is_failure(sent->hresult) || is_failure(processed->hresult);
            return (is_same_machine(sent->host, event.computer) ? 2 : 0) + (was_reached ? 1 : 0);
        });
        if (draft == nullptr)
            draft = &begin_request(client_of(id.client_machine_id, {}, processed->machine_name), time_of(ref), id);
        draft->step.processed = ref;
        std::string& name = out_.clients[draft->client].name;
        if (name.empty()) name = processed->machine_name;
    }

    // 12289 has no machine id. In a log it stands behind its 12288; of those that wait for one, the first is taken.
    void add_answers() {
        std::map<std::pair<std::size_t, std::string>, std::vector<std::size_t>> waiting;
        std::unordered_map<std::size_t, std::map<std::size_t, std::size_t>> draft_of;  // log, event
        for (std::size_t i = 0; i < drafts_.size(); ++i)
            if (const auto& sent = drafts_[i].step.sent) draft_of[sent->log][sent->event] = i;
        for (std::size_t log = 0; log < out_.logs.size(); ++log) {
            for (std::size_t i = 0; i < out_.logs[log].events.size(); ++i) {
                const EventRef ref{log, i};
                const KmsEvent& event = out_.at(ref);
                auto& queue = waiting[{log, dns::lower_case(event.computer)}];
                if (std::holds_alternative<RequestSent>(event.body)) {
                    const auto found = draft_of[log].find(i);
                    if (found == draft_of[log].end()) continue;
                    if (queue.size() == max_candidates) queue.erase(queue.begin());
                    queue.push_back(found->second);
                } else if (std::holds_alternative<windows::ResponseProcessed>(event.body)) {
                    add_answer(ref, event, queue);
                }
            }
        }
    }

    bool is_answer_of(const KmsEvent& answer, const Draft& draft) const {
        const KmsEvent& sent = out_.at(*draft.step.sent);
        const std::uint32_t code = std::get<RequestSent>(sent.body).hresult;
        if (is_failure(code) && code != std::get<windows::ResponseProcessed>(answer.body).hresult) return false;
        const bool have_times =
            answer.clock != windows::EventClock::unknown && sent.clock != windows::EventClock::unknown;
        return !have_times || answer.time.ns - sent.time.ns <= answer_wait_ns;
    }

    void add_answer(EventRef ref, const KmsEvent& event, std::vector<std::size_t>& queue) {
        const auto& answer = std::get<windows::ResponseProcessed>(event.body);
        if (is_repeated(ref, event.event_id,
                        fmt::format("{}|{:x}|{:x}|{}", machine_of(ref), answer.hresult, answer.flags,
                                    answer.count.value_or(0))))
            return;
        const auto found =
            std::ranges::find_if(queue, [&](std::size_t at) { return is_answer_of(event, drafts_[at]); });
        if (found != queue.end()) {
            drafts_[*found].step.answered = ref;
            queue.erase(queue.begin(), found + 1);
            return;
        }
        begin_step(client_of_machine(ref, {}), time_of(ref)).step.answered = ref;
    }

    // Of a machine that has several ids, the one that asked for the product, else the newest; without any, the machine itself.
    std::size_t client_of_machine(EventRef ref, const std::optional<Uuid>& product) {
        const std::string machine = machine_of(ref);
        if (const auto found = clients_of_machine_.find(machine); found != clients_of_machine_.end()) {
            const auto& by_product = found->second.by_product;
            const auto same = product ? by_product.find(*product) : by_product.end();
            return same == by_product.end() ? found->second.newest : same->second;
        }
        const std::string& computer = out_.at(ref).computer;
        return client_of({}, machine, computer.empty() ? out_.logs[ref.log].name : computer);
    }

    void add_failed(EventRef ref, const KmsEvent& event) {
        const auto* failed = std::get_if<windows::ActivationFailed>(&event.body);
        if (failed == nullptr || is_repeated(ref, event.event_id,
                                             fmt::format("{}|{:x}|{}", machine_of(ref), failed->hresult,
                                                         to_string(failed->activation_id.value_or(Uuid{})))))
            return;
        RequestStep& step = begin_step(client_of_machine(ref, failed->activation_id), time_of(ref)).step;
        step.failed = ref;
        step.activation_id = failed->activation_id;
    }

    void add_captured() {
        for (std::size_t i = 0; i < out_.captured.size(); ++i) {
            const CapturedRequest& seen = out_.captured[i];
            if (!seen.client_machine_id) continue;
            const RequestId id{*seen.client_machine_id, seen.activation_id, seen.client_time};
            Draft* draft = find_step(id, [&](const RequestStep& step) {
                if (step.captured) return -1;
                const RequestSent* sent = out_.sent(step);
                const RequestProcessed* processed = out_.processed(step);
                if (processed != nullptr && seen.hresult && processed->hresult != *seen.hresult && sent == nullptr)
                    return -1;
                if (sent == nullptr) return 1;
                return (is_at_host(*sent, seen) ? 2 : 0) + (sent->hresult == seen.hresult.value_or(0) ? 1 : 0);
            });
            if (draft == nullptr) {
                // Of a client that is in no log the capture tells by itself.
                const auto client = client_index_.find(to_string(*seen.client_machine_id));
                if (client == client_index_.end()) continue;
                draft = &begin_request(client->second, {.at = seen.began, .source = TimeSource::log}, id);
            }
            draft->step.captured = i;
            draft->step.match = CaptureMatch::by_request;
        }
    }

    static bool is_at_host(const RequestSent& sent, const CapturedRequest& seen) {
        return sent.port.value_or(seen.host.port) == seen.host.port &&
               (dns::lower_case(sent.host) == to_string(seen.host.ip) || is_same_machine(sent.host, seen.host_name));
    }

    bool fits_in_time(const Draft& draft, const CapturedRequest& seen) const {
        const RequestStep& step = draft.step;
        const RequestSent* sent = out_.sent(step);
        if (sent == nullptr || sent->host.empty() || step.captured || step.time.source == TimeSource::none ||
            step.time.source == TimeSource::local)
            return false;
        if (step.time.at.ns < seen.began.ns - before_capture_ns || step.time.at.ns > seen.ended.ns + after_capture_ns)
            return false;
        if (sent->port && *sent->port != seen.host.port) return false;
        const bool is_address = IpAddress::parse(sent->host).has_value();
        if (is_address ? dns::lower_case(sent->host) != to_string(seen.host.ip)
                       : !seen.host_name.empty() && !is_same_machine(sent->host, seen.host_name))
            return false;
        // What the client logged must be able to follow from what the capture shows.
        if (seen.hresult) return sent->hresult == *seen.hresult || !is_failure(*seen.hresult);
        return is_failure(sent->hresult);
    }

    // Only where each of the two has no other that fits.
    void add_captured_by_time() {
        std::vector<std::size_t> hits(drafts_.size(), 0);
        std::vector<std::pair<std::size_t, std::size_t>> pairs;  // captured, draft
        const auto by_time = drafts_in_time();
        for (std::size_t i = 0; i < out_.captured.size(); ++i) {
            const CapturedRequest& seen = out_.captured[i];
            if (seen.client_machine_id) continue;
            std::size_t count = 0;
            std::size_t tried = 0;
            std::size_t last = 0;
            auto at = std::ranges::lower_bound(by_time, seen.began.ns - before_capture_ns, {},
                                               &std::pair<std::int64_t, std::size_t>::first);
            for (; at != by_time.end() && at->first <= seen.ended.ns + after_capture_ns; ++at) {
                if (++tried > max_candidates) break;
                if (!fits_in_time(drafts_[at->second], seen)) continue;
                ++count;
                ++hits[at->second];
                last = at->second;
            }
            if (count == 1 && tried <= max_candidates) pairs.emplace_back(i, last);
        }
        for (const auto& [captured, draft] : pairs) {
            if (hits[draft] != 1) continue;
            drafts_[draft].step.captured = captured;
            drafts_[draft].step.match = CaptureMatch::by_time;
        }
    }

    std::vector<std::pair<std::int64_t, std::size_t>> drafts_in_time() const {
        std::vector<std::pair<std::int64_t, std::size_t>> out;
        for (std::size_t i = 0; i < drafts_.size(); ++i) out.emplace_back(drafts_[i].step.time.at.ns, i);
        std::ranges::sort(out);
        return out;
    }

    void add_publication(EventRef ref, const KmsEvent& event) {
        const auto* publication = std::get_if<windows::Publication>(&event.body);
        if (publication == nullptr ||
            is_repeated(ref, event.event_id,
                        fmt::format("{}|{}", machine_of(ref), dns::lower_case(publication->domain))))
            return;
        out_.publications.push_back(ref);
    }

    // Without times the order of the logs stays.
    template <class Range, class TimeOf> static void sort_by_time(Range& range, TimeOf time_of) {
        const auto has_time = [&](const auto& x) { return time_of(x).source != TimeSource::none; };
        if (!std::ranges::all_of(range, has_time)) return;
        std::ranges::stable_sort(range, {}, [&](const auto& x) { return time_of(x).at; });
    }

    JoinedEvents finish() {
        for (const Draft& draft : drafts_) out_.clients[draft.client].steps.push_back(draft.step);
        std::vector<ClientHistory> machines;
        for (ClientHistory& client : out_.clients) {
            sort_by_time(client.steps, [](const RequestStep& step) { return step.time; });
            std::ranges::move(machines_of(out_, std::move(client)), std::back_inserter(machines));
        }
        out_.clients = std::move(machines);
        sort_by_time(out_.publications, [this](EventRef ref) { return time_of(ref); });
        return std::move(out_);
    }

    JoinedEvents out_;
    std::vector<Draft> drafts_;
    std::map<RequestKey, std::vector<std::size_t>> by_request_;
    std::unordered_map<std::string, std::size_t> client_index_;
    std::map<std::string, ClientsOfMachine> clients_of_machine_;
    std::set<std::string> seen_;
};

}  // namespace

bool is_same_machine(std::string_view a, std::string_view b) {
    if (a.empty() || b.empty()) return false;
    const auto first_label = [](std::string_view name) { return name.substr(0, name.find('.')); };
    if (equals_word(a, b)) return true;
    const bool is_short = a.find('.') == std::string_view::npos || b.find('.') == std::string_view::npos;
    return is_short && equals_word(first_label(a), first_label(b));
}

JoinedEvents join_events(std::span<const KmsLog> logs, std::span<const CapturedRequest> captured) {
    return Joiner{logs, captured}.join();
}

}  // namespace diag::check
