#include "libdiag/check/dns_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "libdiag/lang/message.h"
#include "libdiag/proto/dns/names.h"
#include "libdiag/proto/dns/service_name.h"

namespace diag::check {
namespace {

using lang::say;
using lang::tr;
using session::DnsEnd;
using session::DnsReply;

std::string_view text_of(DnsEnd end) {
    switch (end) {
        case DnsEnd::no_answer: return tr("no answer");
        case DnsEnd::unreachable: return tr("unreachable");
        case DnsEnd::malformed: return tr("an answer that cannot be read");
        case DnsEnd::bad_name: return tr("no DNS name");
        default: return name_of(end);
    }
}

std::string text_of(const WireError& error) {
    switch (error.kind) {
        case WireError::Kind::truncated: return say("it ends too soon at byte {}: {}", error.offset, error.field);
        case WireError::Kind::limit: return say("more than can be right at byte {}: {}", error.offset, error.field);
        case WireError::Kind::malformed: break;
    }
    return say("broken at byte {}: {}", error.offset, error.field);
}

std::string text_of(const session::AnswerProblem& problem) {
    return problem.error ? text_of(*problem.error) : std::string{tr("it answers another question")};
}

std::string count_text(std::size_t record_count) {
    if (record_count == 0) return std::string{tr("no record")};
    return record_count == 1 ? std::string{tr("1 record")} : say("{} records", record_count);
}

// In front of what is said of them.
std::string place_of(const DnsReply& reply) {
    const auto& packets = reply.captured.packets;
    if (packets.empty()) return {};
    const std::string place = packets.size() == 1 ? say("packet {}", packets.front())
                                                  : say("packets {}", fmt::format("{}", fmt::join(packets, ", ")));
    return place + ": ";
}

std::string answer_text(const DnsReply& reply) {
    const std::string type = dns::type_name(reply.query.type);
    const std::string server = to_string(reply.query.server);
    const std::string_view transport = name_of(reply.query.transport);
    const double ms = std::chrono::duration<double, std::milli>(reply.duration).count();
    if (reply.end != DnsEnd::answered)
        return say("{} {} from {} over {}: {} after {:.1f} ms", type, reply.query.name, server, transport,
                   failure_text(reply), ms);
    const std::string rcode = dns::rcode_name(*reply.rcode());
    const std::string records = count_text(reply.message.answers.size());
    return reply.is_truncated() ? say("{} {} from {} over {}: {} (truncated), {}, after {:.1f} ms", type,
                                      reply.query.name, server, transport, rcode, records, ms)
                                : say("{} {} from {} over {}: {}, {}, after {:.1f} ms", type, reply.query.name, server,
                                      transport, rcode, records, ms);
}

}  // namespace

std::string failure_text(const DnsReply& reply) {
    std::string text{text_of(reply.end)};
    return reply.problem ? fmt::format("{} ({})", text, text_of(*reply.problem)) : text;
}

std::string reply_text(const DnsReply& reply) {
    const std::string text = place_of(reply) + answer_text(reply);
    const unsigned count = reply.captured.asked_count;
    return count > 1 ? say("{}, asked {} times", text, count) : text;
}

std::string record_set_text(const DnsReply& reply) {
    std::set<std::string> texts;
    for (const dns::Record& record : reply.message.answers)
        if (const auto* srv = std::get_if<dns::Srv>(&record.data))
            texts.insert(fmt::format("{} {} {} {}", srv->priority, srv->weight, srv->port,
                                     dns::lower_case(dns::to_string(srv->target))));
    return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace diag::check
