// The rules about the evidence itself: what the capture does not have, and what that does to the verdict.
#include "libdiag/check/rules.h"

namespace diag::check::rule {
namespace {

using Text = std::string_view;

constexpr Text keys_missing_causes[] = {
    "Client and host use other keys than the profile in use: genuine Windows and Office always do, for this toolkit "
    "has the lab profile only.",
    "The messages were cut or altered, so that no key opens them.",
};
constexpr Text keys_missing_remedy[] = {
    "Nobody, in most cases: RPC layer, sizes, versions, HRESULTs, timings and all of version 4 are readable without "
    "keys, and the verdict does not need more.",
    "Whoever runs a test environment with keys of its own: give the tool its profile with --keys FILE.",
};

constexpr Text damaged_causes[] = {
    "The capture was still being written, or the disk was full, when the file was copied.",
    "The file was cut or altered in transfer (text mode FTP, e-mail gateway).",
    "The capturing program crashed.",
};
constexpr Text damaged_remedy[] = {
    "Whoever made the capture: stop the capturing program before copying, copy in binary mode, compare checksums, and "
    "send the file again.",
    "Reader of the report: what stands before the byte offset in the evidence was read and is reported; what came "
    "after it is missing, so 'no answer' near the end may only mean 'not in the file'.",
};

constexpr Text gap_causes[] = {
    "The capturing machine was too slow or its buffer too small, and dropped packets.",
    "The mirror port was overloaded, or packets of the connection take two ways of which one was captured.",
    "A capture filter left packets out.",
};
constexpr Text gap_remedy[] = {
    "Whoever made the capture: capture on the client or on the host itself, with a filter on the KMS port and a "
    "larger buffer, and look at the counter of dropped packets.",
    "Network team: for a mirror port make sure that both directions are copied and that it is not oversubscribed.",
};

constexpr Text cut_causes[] = {
    "The capture was made with a snap length that keeps only the beginning of each packet.",
};
constexpr Text cut_remedy[] = {
    "Whoever made the capture: capture whole packets (tcpdump -s 0; netsh trace start capture=yes does so by itself). "
    "KMS messages need about 400 bytes each.",
};

constexpr Text no_start_causes[] = {
    "The capture was started while the connection was already open.",
    "The file is one of a ring or was cut out of a longer capture.",
};
constexpr Text no_start_remedy[] = {
    "Whoever made the capture: start capturing first, then run slmgr /ato on the client.",
    "Whoever made the capture: of a ring of files hand over the one before as well.",
};

constexpr Text ends_causes[] = {
    "The capture was stopped, or reached its limit of packets or time, while the conversation was under way.",
    "The file is one of a ring: the answer is in the next one.",
    "The capture was stopped because nothing happened any more: then the step in the evidence is the one that fails.",
};
constexpr Text ends_remedy[] = {
    "Whoever made the capture: let it run for a minute after slmgr /ato has shown its result.",
    "Reader of the report: join the files of a ring (mergecap -w OUT FILE...) and read the result.",
};

constexpr Text overlap_causes[] = {
    "A device in the path changes the content of packets, and some were captured before and some after it.",
    "The sender's retransmission was built anew with different content, which a sound TCP does not do.",
    "Somebody injects packets into the connection.",
};
constexpr Text overlap_remedy[] = {
    "Network team: compare TTL, IP id and MAC addresses of the packets in the evidence to tell whether one sender "
    "sent both copies; exempt TCP 1688 from the device that changes it.",
    "Security team: if no known device explains the second copy, treat it as an injection.",
};

constexpr Text link_causes[] = {
    "The capture was made on an unusual kind of interface (Bluetooth, USB, a monitor-mode wireless card).",
};
constexpr Text link_remedy[] = {
    "Whoever made the capture: capture on an Ethernet, loopback, tunnel or 'any' interface of the client or the host.",
    "Reader of the report: convert the file, if its packets do carry IP (editcap -T, tcprewrite), and read it again.",
};

constexpr Text scan_causes[] = {
    "A vulnerability scanner or inventory program tries the KMS port on many machines.",
    "A monitoring program tests whether the port is open, without speaking RPC.",
};
constexpr Text scan_remedy[] = {
    "Network team: if the client in the evidence is a known scanner, nobody has to act.",
    "Security team: if it is not, find out what runs on it.",
};

constexpr Text limit_causes[] = {
    "A connection stayed open over very many exchanges.",
    "The capture holds more connections at one time than the tool keeps in memory.",
};
constexpr Text limit_remedy[] = {
    "Reader of the report: take the parts of a conversation (keys 'part' and 'continues') as one; nothing is missing "
    "from them together.",
    "Whoever made the capture: for a verdict on one client cut its packets out first (tcpdump -r FILE -w OUT host "
    "ADDRESS).",
};

}  // namespace

constinit const Rule keys_missing{
    .id = "KMS-KEYS-MISSING",
    .severity = Severity::info,
    .stage = Stage::capture,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The key profile in use does not open the bodies of these messages; all that is in the clear was read.",
    .causes = keys_missing_causes,
    .remedy = keys_missing_remedy,
    .capture_shows =
        "Requests and responses of version 5 or 6 that decrypt to nothing sensible: padding, inner version or sizes "
        "do not fit.",
};

constinit const Rule capture_damaged{
    .id = "KMS-CAPTURE-DAMAGED",
    .severity = Severity::warning,
    .stage = Stage::capture,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The capture file is damaged or ends in the middle of a record; what stands before that place was read.",
    .causes = damaged_causes,
    .remedy = damaged_remedy,
    .capture_shows =
        "A record whose lengths contradict the file, or bytes that end before the record does. The evidence names the "
        "byte offset.",
};

constinit const Rule capture_gap{
    .id = "KMS-CAPTURE-GAP",
    .severity = Severity::info,
    .stage = Stage::capture,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "Bytes of this conversation that were sent are missing from the capture.",
    .causes = gap_causes,
    .remedy = gap_remedy,
    .capture_shows =
        "A hole in the sequence numbers. Where the receiver acknowledged what lies behind it, the bytes were on the "
        "wire and only the file lacks them.",
};

constinit const Rule capture_cut_packets{
    .id = "KMS-CAPTURE-CUT-PACKETS",
    .severity = Severity::info,
    .stage = Stage::capture,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The capture holds only the beginning of each packet, so parts of the messages cannot be read.",
    .causes = cut_causes,
    .remedy = cut_remedy,
    .capture_shows = "Packets whose captured length is below their length on the wire.",
};

constinit const Rule capture_no_start{
    .id = "KMS-CAPTURE-NO-START",
    .severity = Severity::info,
    .stage = Stage::capture,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The capture begins in the middle of this connection, so its handshake or bind was not seen.",
    .causes = no_start_causes,
    .remedy = no_start_remedy,
    .capture_shows =
        "Data of a connection whose SYN is not in the file; transfer syntaxes are worked out from the requests "
        "themselves.",
};

constinit const Rule capture_ends{
    .id = "KMS-CAPTURE-ENDS",
    .severity = Severity::info,
    .stage = Stage::capture,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The capture ends so soon after the client's last message that a missing answer proves nothing.",
    .causes = ends_causes,
    .remedy = ends_remedy,
    .capture_shows =
        "A SYN, a bind or a request in the last seconds of the file, neither side has closed the connection, and no "
        "answer is there yet.",
};

constinit const Rule capture_overlap{
    .id = "KMS-CAPTURE-OVERLAP",
    .severity = Severity::warning,
    .stage = Stage::capture,
    .windows_code = 0,
    .inner_code = 0,
    .summary =
        "Bytes of this connection were sent twice with different content; the first copy was taken as the truth.",
    .causes = overlap_causes,
    .remedy = overlap_remedy,
    .capture_shows = "Two segments that cover the same sequence numbers and differ in content.",
};

constinit const Rule capture_link{
    .id = "KMS-CAPTURE-LINK-TYPE",
    .severity = Severity::warning,
    .stage = Stage::capture,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "Packets of this capture begin with a link header that is not read, so nothing in them was looked at.",
    .causes = link_causes,
    .remedy = link_remedy,
    .capture_shows =
        "An interface whose link type is none of Ethernet, Linux cooked, raw IP or BSD loopback. The evidence has the "
        "number.",
};

constinit const Rule capture_scan{
    .id = "KMS-CAPTURE-SCAN",
    .severity = Severity::info,
    .stage = Stage::capture,
    .windows_code = 0,
    .inner_code = 0,
    .summary =
        "One address tried the KMS port of many machines without ever speaking to it; these attempts are left out of "
        "the conversations.",
    .causes = scan_causes,
    .remedy = scan_remedy,
    .capture_shows = "SYNs from one address to many, or empty connections, without a byte of payload from the client.",
};

constinit const Rule capture_limit{
    .id = "KMS-CAPTURE-LIMIT",
    .severity = Severity::info,
    .stage = Stage::capture,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "A memory bound was reached, so a conversation was reported in parts or before its end.",
    .causes = limit_causes,
    .remedy = limit_remedy,
    .capture_shows =
        "Nothing that is wrong: it is a bound of the tool, which works in the same memory whatever the size of the "
        "file.",
};

}  // namespace diag::check::rule
