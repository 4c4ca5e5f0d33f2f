#include "libdiag/discover/lookup_end.h"

#include <algorithm>

namespace diag::discover {

using session::DnsEnd;
using session::DnsReply;
using session::NameEnd;

namespace {

NameEnd end_of_answer(const session::SrvEvidence& evidence, const DnsReply& reply) {
    if (reply.is_truncated()) return NameEnd::server_failure;  // and over TCP there was no whole one
    switch (*reply.rcode()) {
        case dns::rcode::no_error: return evidence.records.empty() ? NameEnd::no_data : NameEnd::found;
        case dns::rcode::name_error: return NameEnd::not_found;
        case dns::rcode::refused: return NameEnd::refused;
        default: return NameEnd::server_failure;
    }
}

}  // namespace

NameEnd end_of(const session::SrvEvidence& evidence) {
    const DnsReply* reply = evidence.decisive();
    if (reply == nullptr) return NameEnd::pending;
    const bool all_unreachable =
        std::ranges::all_of(evidence.replies, [](const DnsReply& r) { return r.end == DnsEnd::unreachable; });
    if (all_unreachable) return NameEnd::no_server;
    switch (reply->end) {
        case DnsEnd::answered: return end_of_answer(evidence, *reply);
        case DnsEnd::malformed: return NameEnd::server_failure;
        case DnsEnd::bad_name: return NameEnd::bad_name;
        default: return NameEnd::no_answer;
    }
}

std::chrono::nanoseconds duration_of(const session::SrvEvidence& evidence) {
    std::chrono::nanoseconds sum{0};
    for (const DnsReply& reply : evidence.replies) sum += reply.duration;
    return sum;
}

}  // namespace diag::discover
