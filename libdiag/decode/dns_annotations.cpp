#include <fmt/format.h>

#include <algorithm>

#include "libdiag/decode/annotations.h"
#include "libdiag/decode/dns_text.h"
#include "libdiag/lang/message.h"
#include "libdiag/proto/dns/message.h"
#include "libdiag/proto/dns/names.h"

namespace diag::decode {
namespace {

using dissect::DnsLookup;
using lang::say;
using lang::tr;

constexpr std::size_t max_answers = 4;  // of one look-up; the packet has the rest

std::string question_text(const DnsLookup& lookup) {
    if (lookup.connection_only) return say("DNS: client connects to {} over TCP", to_string(lookup.server.ip));
    std::string text = say("DNS: client asks {} for {} {}", to_string(lookup.server.ip), dns::type_name(lookup.type),
                           printable_names(lookup.query));
    if (lookup.asked_count > 1) text += "; " + say("asked {} times", lookup.asked_count);
    if (!lookup.answered && !lookup.refused) text += fmt::format("; {}", tr("no answer in the capture"));
    return text;
}

// What the answer means for a client that looks for its host.
std::string answer_head(const DnsLookup& lookup) {
    const std::string rcode = dns::rcode_name(*lookup.rcode);
    if (lookup.truncated) return say("DNS answer: {}, truncated: the client asks again over TCP", rcode);
    if (lookup.type != dns::type::srv)
        return lookup.answers.empty() ? say("DNS answer: {}, no record", rcode) : say("DNS answer: {}", rcode);
    if (lookup.rcode == dns::rcode::name_error)
        return say("DNS answer: {}: no KMS host is published under this name", rcode);
    if (lookup.rcode != dns::rcode::no_error)
        return say("DNS answer: {}: the server does not say whether a host is published", rcode);
    return lookup.answers.empty() ? say("DNS answer: {}: the name has no SRV record", rcode)
                                  : say("DNS answer: {}", rcode);
}

std::string reply_text(const DnsLookup& lookup) {
    if (lookup.malformed) return std::string{tr("DNS: an answer that cannot be read")};
    std::string text = answer_head(lookup);
    const std::size_t shown = std::min(max_answers, lookup.answers.size());
    for (std::size_t i = 0; i < shown; ++i) text += "; " + answer_text(lookup.answers[i]);
    if (lookup.answers.size() > shown) text += "; " + say("and {} more", lookup.answers.size() - shown);
    return text;
}

std::string_view stray_text(dissect::StrayReason reason) {
    switch (reason) {
        case dissect::StrayReason::other_id: return tr("DNS: taken for no answer, it has another id");
        case dissect::StrayReason::other_question: return tr("DNS: taken for no answer, it repeats another question");
        case dissect::StrayReason::other_server: return tr("DNS: taken for no answer, it comes from another server");
    }
    return {};
}

// Without numbers of packets: in the file that is written they are others.
void annotate_lookup(std::vector<Annotation>& notes, const DnsLookup& lookup) {
    const auto add = [&notes](const dissect::Mark& mark, std::string text) {
        if (mark) notes.push_back({mark.packet, std::move(text)});
    };
    add(lookup.asked, question_text(lookup));
    if (lookup.asked_last.packet != lookup.asked.packet)
        add(lookup.asked_last, std::string{tr("DNS: the same question again")});
    if (lookup.answered) add(lookup.answered, reply_text(lookup));
    add(lookup.refused, std::string{tr("DNS: the server cannot be reached")});
    for (const auto& stray : lookup.strays) add(stray.mark, std::string{stray_text(stray.reason)});
}

}  // namespace

std::vector<Annotation> annotate(const dissect::DnsSearch& search) {
    std::vector<Annotation> notes;
    for (const auto* lookups : {&search.lookups, &search.probes, &search.address_lookups})
        for (const DnsLookup& lookup : *lookups) annotate_lookup(notes, lookup);
    return notes;
}

std::vector<KnownName> names_of(const dissect::DnsSearch& search) {
    std::vector<KnownName> names;
    for (const DnsLookup& lookup : search.address_lookups) {
        const auto name = host_name_text(lookup.query);
        if (!name) continue;
        for (const auto& answer : lookup.answers)
            if (const auto address = IpAddress::parse(answer.data)) names.push_back({*address, *name});
    }
    return names;
}

}  // namespace diag::decode
