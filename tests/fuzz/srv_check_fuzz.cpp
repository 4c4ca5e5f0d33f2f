// session::SrvCheck and ZoneCheck, and what is said of their evidence, against servers that answer anything.
//
// The first byte says how (bit 0: every server is compared; bit 1: the zone's servers are checked, too). Then, for each question
// in turn, a byte and an answer: 0 silence, 1 the bytes that follow (their size in two bytes) behind a header and question that
// fit, else all bytes as they are. When the input ends, silence.

#include <deque>

#include "libdiag/check/publish_findings.h"
#include "libdiag/check/srv_findings.h"
#include "libdiag/check/zone_findings.h"
#include "libdiag/session/service_order.h"
#include "libdiag/wire/reader.h"
#include "tests/fuzz/hostile_peer.h"

namespace {

using namespace diag;
using namespace diag::session;
using diag::fuzz::require;

const Endpoint servers[] = {{IpAddress::v4(ByteVector{192, 0, 2, 53}), 53},
                            {IpAddress::v4(ByteVector{192, 0, 2, 54}), 53}};

// Four forms of a question, each to two servers: SRV, A and AAAA of each target; the names that are nearly right.
constexpr std::size_t max_question_count = 4 * 2 * (1 + 2 * max_followed_count) + 8;
constexpr std::size_t max_zone_question_count =
    2 + (max_name_server_count + 1) * (2 + 2 * max_server_address_count) + 8;

DnsReply next_reply(DnsQuery query, Reader& r) {
    DnsReply reply;
    reply.query = std::move(query);
    reply.end = DnsEnd::no_answer;
    const std::uint8_t how = r.remaining() > 0 ? r.u8("how") : 0;
    if (how == 0) return reply;
    const std::size_t wanted = r.u16("size");
    const Bytes bytes = r.bytes(std::min(wanted, r.remaining()), "bytes");
    ByteVector answer;
    const auto question = encode_query(reply.query);
    if (how == 1 && question && bytes.size() >= 8) {
        // Flags and counts of records are the input's, the number of questions is not.
        answer = *question;
        std::ranges::copy(bytes.first(2), answer.begin() + 2);
        answer[2] |= 0x80;
        std::ranges::copy(bytes.subspan(2, 6), answer.begin() + 6);
        if (reply.query.edns) answer.resize(answer.size() - 11);
        answer.insert(answer.end(), bytes.begin() + 8, bytes.end());
    } else {
        answer.assign(bytes.begin(), bytes.end());
    }
    take_answer(reply, std::move(answer));
    return reply;
}

template <class Check> void run(Check& check, Reader& r, std::size_t limit) {
    std::deque<DnsQuery> open;
    std::size_t count = 0;
    const auto take = [&](std::vector<DnsQuery> queries) {
        for (DnsQuery& query : queries) open.push_back(std::move(query));
    };
    for (take(check.start()); !open.empty(); open.pop_front()) {
        require(++count <= limit);
        require(!check.is_over());
        take(check.on_reply(next_reply(open.front(), r)));
    }
    require(check.is_over());
}

void require_findings(const std::vector<check::Finding>& findings) {
    for (const check::Finding& finding : findings) {
        require(!finding.title.empty() && finding.evidence.size() < 64);
        require(finding.likely_cause < finding.rule->causes.size());
        require(finding.likely_remedy < finding.rule->remedy.size());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Reader r{{data, size}, std::endian::big};
    const std::uint8_t plan = r.remaining() > 0 ? r.u8("plan") : 0;
    const SrvCheckSettings settings{.servers = {servers[0], servers[1]}, .every_server = (plan & 1) != 0};
    SrvCheck check{"corp.test", settings, [](std::span<std::uint8_t> out) { std::ranges::fill(out, 0x5A); }};
    run(check, r, max_question_count);
    const SrvEvidence& evidence = check.evidence();
    require(evidence.targets.size() <= max_followed_count);
    const auto findings = check::check_srv(evidence, {{"kms1.corp.test", 1688}});
    require_findings(findings);
    require(!evidence.records.empty() || !findings.empty());  // without a record something is wrong
    double sum = 0;
    for (const double chance : first_choice_chances(evidence.records)) sum += chance;
    require(sum < 1.0 + 1e-6);
    if ((plan & 2) == 0) return 0;
    ZoneCheck zone{"corp.test", {.resolver = servers[0], .authoritative = true, .update_path = true}};
    run(zone, r, max_zone_question_count);
    require_findings(check::check_zone(zone.evidence()));
    return 0;
}
