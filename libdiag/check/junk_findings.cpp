#include "libdiag/check/junk_findings.h"

#include "libdiag/check/conversation_lines.h"
#include "libdiag/check/rules.h"
#include "libdiag/lang/message.h"

namespace diag::check {
namespace {

using dissect::Conversation;
using dissect::PduRecord;
using dissect::Side;
using lang::say;
using lang::tr;
using Builder = FindingBuilder;

constexpr std::size_t client = 0;
constexpr std::size_t host = 1;

bool is_http(std::string_view opening) {
    return opening.starts_with("HTTP/") || opening.find(" HTTP/1.") != std::string_view::npos;
}

bool is_tls(std::string_view opening) {
    return opening.size() > 2 && (opening[0] == '\x16' || opening[0] == '\x15') && opening[1] == '\x03';
}

std::string_view what_speaks(std::string_view opening) {
    if (is_http(opening)) return "HTTP";
    if (is_tls(opening)) return "TLS";
    if (opening.starts_with("SSH-")) return "SSH";
    if (opening.starts_with("220 ") || opening.starts_with("220-")) return tr("the greeting of a mail or FTP server");
    if (opening.starts_with('\x05')) return tr("a broken RPC header");
    return tr("another protocol");
}

void not_rpc(const ConversationEvidence& e, std::vector<Finding>& out) {
    const Conversation& c = e.conversation;
    if (!e.ended(Outcome::not_rpc) || !c.not_rpc[host]) return;
    const std::string& opening = c.junk[host].opening;
    Builder b{rule::not_rpc, c, say("{} answers with {}, not with RPC", to_string(c.host), what_speaks(opening))};
    if (const PduRecord* p = last_of(c, Side::client)) b.saw(p->last, pdu_text(*p));
    b.saw(c.junk[host].first, say("first bytes of the host: {}", quote(opening)));
    add_end(b, c);
    const bool may_be_proxy = is_http(opening) || is_tls(opening);
    may_be_proxy ? b.points_to(1, 0) : b.points_to(0, 1);
    out.push_back(b.take());
}

void client_not_rpc(const ConversationEvidence& e, std::vector<Finding>& out) {
    const Conversation& c = e.conversation;
    if (!e.ended(Outcome::not_rpc) || c.not_rpc[host]) return;
    const auto& junk = c.junk[client];
    Builder b{rule::client_not_rpc, c,
              say("{} does not speak RPC to {} but {}", client_text(c), to_string(c.host), what_speaks(junk.opening))};
    b.saw(junk.first, say("first bytes of the client: {}", quote(junk.opening)));
    add_end(b, c);
    out.push_back(b.take());
}

// Bytes between the PDUs of a conversation that is RPC.
void rpc_broken(const ConversationEvidence& e, std::vector<Finding>& out) {
    if (e.outcome == Outcome::not_rpc) return;
    const Conversation& c = e.conversation;
    for (const Side side : {Side::client, Side::host}) {
        const auto& junk = c.junk[static_cast<std::size_t>(side)];
        if (junk.size == 0) continue;
        const std::string who = to_string(side == Side::client ? c.client : c.host);
        out.push_back(
            Builder{rule::rpc_broken, c, say("{} of the bytes from {} belong to no RPC message", junk.size, who)}
                .saw(junk.first,
                     say("a message should begin here, and these bytes stand in its place: {}", quote(junk.opening)))
                .take());
    }
}

constexpr Row<ConversationEvidence> rows[] = {
    {&rule::not_rpc, not_rpc},
    {&rule::client_not_rpc, client_not_rpc},
    {&rule::rpc_broken, rpc_broken},
};

}  // namespace

std::span<const Row<ConversationEvidence>> junk_rows() { return rows; }

}  // namespace diag::check
