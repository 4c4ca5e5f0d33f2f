#include "libdiag/session/update_test.h"

#include <array>

#include "libdiag/base/hex.h"
#include "libdiag/proto/dns/update.h"

namespace diag::session {

namespace {

constexpr std::uint8_t one_letter[] = {1, 'x'};  // RDATA of TXT "x"

}  // namespace

using Kind = UpdateTestStep::Kind;

std::string_view name_of(Kind kind) { return kind == Kind::prerequisite ? "prerequisite" : "deletion"; }

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
    const bool is_deletion = last.kind == Kind::deletion;
    if (is_deletion && last.has_rcode(dns::rcode::no_error)) return UpdatePolicy::open;
    // NOTAUTH is Knot's word for "no rule allows it", and everybody's for "not my zone": the second only while the server has
    // not answered for the zone before.
    const bool serves_zone = is_deletion && last.has_rcode(dns::rcode::not_auth);
    return serves_zone || last.has_rcode(dns::rcode::refused) ? UpdatePolicy::refused : UpdatePolicy::inconclusive;
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
    return send_to_primary(dns::to_message(update, 0), std::nullopt, now);
}

UpdateTest::Attempt UpdateTest::on_primary_outcome(Now now) {
    UpdateTestStep& step = evidence_.steps.back();
    step.outcome = *outcome();
    step.duration = now.steady - sent_at_;
    const bool is_allowed = step.has_rcode(dns::rcode::no_error);
    return step.kind == Kind::prerequisite && is_allowed ? send(Kind::deletion, now) : end();
}

}  // namespace diag::session
