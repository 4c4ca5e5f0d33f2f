#include "libdiag/session/update_test.h"

#include <array>

#include "libdiag/base/hex.h"
#include "libdiag/proto/dns/update.h"

namespace diag::session {

namespace {

constexpr std::uint8_t one_letter[] = {1, 'x'};  // RDATA of TXT "x"

// What servers with a rule say to an update that it does not allow.
bool is_refusal(const UpdateTestStep& step) {
    return step.has_rcode(dns::rcode::refused) || step.has_rcode(dns::rcode::not_auth);
}

// "_vlmcs._tcp" in front of a domain; a name that has it already stays.
dns::DomainName service_name(const dns::DomainName& name) {
    const dns::DomainName front = *dns::DomainName::parse("_vlmcs._tcp");
    const auto labels = name.labels();
    const std::size_t count = front.labels().size();
    dns::DomainName first, whole = front;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (i < count) first.append(labels[i]);
        whole.append(labels[i]);  // fits where unused_name_below() does, whose label is longer
    }
    return labels.size() > count && dns::is_same_name(first, front) ? name : whole;
}

// The deletion of a record that nobody has: its target has the random label, below .invalid.
dns::Record delete_absent_service(const dns::DomainName& owner, const dns::DomainName& unused) {
    dns::DomainName target;
    target.append(unused.labels().front());
    target.append(bytes_of("invalid"));
    dns::Record record = dns::add_service(owner, {.port = 1688, .target = target}, 0);
    record.class_ = dns::class_none;
    return record;
}

}  // namespace

using Kind = UpdateTestStep::Kind;

std::string_view name_of(Kind kind) {
    switch (kind) {
        case Kind::prerequisite: return "prerequisite";
        case Kind::deletion: return "deletion";
        case Kind::service: break;
    }
    return "service";
}

std::string_view name_of(UpdatePolicy policy) {
    switch (policy) {
        case UpdatePolicy::not_sent: return "not_sent";
        case UpdatePolicy::open: return "open";
        case UpdatePolicy::refused: return "refused";
        case UpdatePolicy::inconclusive: return "inconclusive";
    }
    return "inconclusive";
}

UpdatePolicy UpdateTestEvidence::policy() const {
    if (steps.empty()) return UpdatePolicy::not_sent;
    const UpdateTestStep& last = steps.back();
    const bool is_done = last.has_rcode(dns::rcode::no_error);
    switch (last.kind) {
        // NOTAUTH is Knot's word for "no rule allows it", and everybody's for "not my zone": the second only while the server
        // has not answered for the zone before.
        case Kind::prerequisite:
            return last.has_rcode(dns::rcode::refused) ? UpdatePolicy::refused : UpdatePolicy::inconclusive;
        case Kind::deletion: return is_done ? UpdatePolicy::open : UpdatePolicy::inconclusive;
        case Kind::service: break;
    }
    const bool is_meant = steps.size() > 1 && steps[steps.size() - 2].has_rcode(dns::rcode::not_auth);
    if (is_done && is_meant) return UpdatePolicy::open;
    return is_refusal(last) ? UpdatePolicy::refused : UpdatePolicy::inconclusive;
}

std::optional<dns::DomainName> unused_name_below(const dns::DomainName& name, const RandomBytes& random) {
    std::array<std::uint8_t, 8> bytes{};
    random(bytes);
    const std::string label = "_kms-check-" + to_hex(bytes);
    dns::DomainName unused;
    bool fits = unused.append(bytes_of(label));
    for (const Bytes part : name.labels()) fits = fits && unused.append(part);
    return fits ? std::optional{unused} : std::nullopt;
}

UpdateTest::UpdateTest(PrimaryDialogSettings settings, const dns::DomainName& name, const dns::DomainName& unused,
                       RandomBytes random)
    : PrimaryDialog{std::move(settings), name, name, std::move(random)} {
    evidence_.name = name;
    evidence_.unused = unused;
    evidence_.service = service_name(name);
}

UpdateTest::Attempt UpdateTest::on_search_end(PrimarySearchEnd how, Now now) {
    evidence_.search = how;
    evidence_.search_outcome = outcome();
    evidence_.zone = zone();
    evidence_.primary = primary();
    return how == PrimarySearchEnd::found ? send(Kind::prerequisite, now) : end();
}

UpdateTest::Attempt UpdateTest::send(Kind kind, Now now) {
    sent_at_ = now.steady;
    evidence_.steps.push_back({.kind = kind, .outcome = {}});
    dns::Update update{
        .zone = zone(), .prerequisites = {dns::name_not_in_use(evidence_.unused)}, .updates = {}, .additionals = {}};
    if (kind == Kind::deletion)
        update.updates.push_back(dns::delete_record(evidence_.unused, dns::type::txt, one_letter));
    if (kind == Kind::service) update.updates.push_back(delete_absent_service(evidence_.service, evidence_.unused));
    return send_to_primary(dns::to_message(update, 0), std::nullopt, now);
}

UpdateTest::Attempt UpdateTest::on_primary_outcome(Now now) {
    UpdateTestStep& step = evidence_.steps.back();
    step.outcome = *outcome();
    step.duration = now.steady - sent_at_;
    if (step.kind == Kind::prerequisite && step.has_rcode(dns::rcode::no_error)) return send(Kind::deletion, now);
    return step.kind == Kind::deletion && is_refusal(step) ? send(Kind::service, now) : end();
}

}  // namespace diag::session
