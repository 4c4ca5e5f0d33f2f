#include "libdiag/check/capture_file_findings.h"

#include "libdiag/check/rules.h"
#include "libdiag/lang/message.h"

namespace diag::check {
namespace {

using lang::say;
using lang::tr;
using Findings = std::vector<Finding>;

Finding make_finding(const Rule& rule, std::string target, std::string title, std::string evidence) {
    return {.rule = &rule,
            .target = std::move(target),
            .title = std::move(title),
            .evidence = {std::move(evidence)},
            .packets = {}};
}

std::string damage_text(const CaptureDamage& damage, std::uint64_t packet_count) {
    return packet_count == 1
               ? say("byte offset {}: {}; 1 packet read before it", damage.offset, damage.what)
               : say("byte offset {}: {}; {} packets read before it", damage.offset, damage.what, packet_count);
}

void damaged(const CaptureFileEvidence& e, Findings& out) {
    if (!e.damage) return;
    out.push_back(make_finding(rule::capture_damaged, e.name,
                               say("{} is damaged at byte {}: everything before it was read", e.name, e.damage->offset),
                               damage_text(*e.damage, e.damage->packet_count.value_or(e.statistics.packet_count))));
}

void scan(const CaptureFileEvidence& e, Findings& out) {
    for (const dissect::PortScan& scan : e.scans) {
        const std::string client = to_string(scan.client);
        Finding finding = make_finding(
            rule::capture_scan, client, say("{} scans for the KMS port or the ports of a host", client),
            say("{} attempts without a byte left out, the first in packet {}", scan.attempt_count, scan.first_packet));
        finding.packets.push_back(scan.first_packet);
        out.push_back(std::move(finding));
    }
}

void limit(const CaptureFileEvidence& e, Findings& out) {
    const std::uint64_t count = e.statistics.early_report_count;
    if (count == 0) return;
    out.push_back(make_finding(rule::capture_limit, e.name,
                               count == 1 ? say("1 conversation of {} reported before the end", e.name)
                                          : say("{} conversations of {} reported before the end", count, e.name),
                               std::string{tr("too many connections were open at once for the memory bound")}));
}

void link_type(const CaptureFileEvidence& e, Findings& out) {
    const std::uint64_t count = e.statistics.unsupported_link_count;
    if (count == 0) return;
    out.push_back(
        make_finding(rule::capture_link, e.name,
                     count == 1 ? say("1 packet of {} cannot be read: the link type is not supported", e.name)
                                : say("{} packets of {} cannot be read: the link type is not supported", count, e.name),
                     say("link type {}", e.statistics.first_unsupported_link)));
}

constexpr Row<CaptureFileEvidence> rows[] = {
    {&rule::capture_damaged, damaged},
    {&rule::capture_scan, scan},
    {&rule::capture_limit, limit},
    {&rule::capture_link, link_type},
};

}  // namespace

std::span<const Row<CaptureFileEvidence>> capture_file_rows() { return rows; }

}  // namespace diag::check
