// session::HostConnection against a client that sends anything in any pieces, with up to three faults on order.
//
// The input begins with 17 bytes that say how (Plan); the rest is what the client sends. The same bytes go to a second host
// in one piece, and the output has to be the same.

#include "libdiag/session/host_connection.h"
#include "libdiag/wire/reader.h"
#include "tests/fuzz/hostile_peer.h"

namespace {

using namespace diag;
using namespace diag::session;
using diag::fuzz::require;

constexpr std::size_t max_fault_count = 3;
constexpr std::size_t plan_size = 2 + max_fault_count * 5;
constexpr std::uint64_t host_filetime = 133'640'000'000'000'000;

struct Plan {
    std::uint8_t host;    // bits: host without NDR64; two bits: how many faults
    std::uint8_t pieces;  // how the bytes are cut
    std::vector<Fault> faults;
};

// Any fault in any of its places. What options cannot say is none.
std::optional<Fault> read_fault(Reader& r) {
    const FaultInfo& info = all_faults()[r.u8("kind") % all_faults().size()];
    Fault fault{.kind = info.kind, .stage = info.stages[r.u8("stage") % info.stages.size()]};
    if (const std::uint8_t nth = r.u8("nth"); nth != 0) fault.nth = nth;
    fault.argument = r.u16("argument");
    if (info.argument == FaultArgument::none) fault.argument = 0;
    if (info.argument == FaultArgument::code) fault.argument = fault.argument << 16 | 0xF06C;
    if (info.argument == FaultArgument::version) fault.argument = fault.argument << 8 & 0x00FF'00FF;
    const auto parsed = parse_fault(to_string(fault));
    if (!parsed) return std::nullopt;
    require(*parsed == fault);
    return fault;
}

Plan read_plan(Bytes bytes) {
    Reader r{bytes, std::endian::little};
    Plan plan{.host = r.u8("host"), .pieces = r.u8("pieces"), .faults = {}};
    for (unsigned i = 0; i < (plan.host >> 1 & 3U); ++i)
        if (const auto fault = read_fault(r)) plan.faults.push_back(*fault);
    return plan;
}

// Faults whose answers are no PDUs, or not as long as they say.
bool breaks_pdus(const Fault& fault) {
    switch (fault.kind) {
        case FaultKind::drip:
        case FaultKind::half:
        case FaultKind::wrong_length:
        case FaultKind::garbage:
        case FaultKind::http:
        case FaultKind::tls: return true;
        default: return false;
    }
}

bool is_whole_pdu(Bytes bytes) {
    const auto pdu = dcerpc::decode_pdu(bytes);
    return pdu && pdu->header.frag_length == bytes.size();
}

// One host with one connection.
class Host {
public:
    explicit Host(const Plan& plan) : plan_{plan.faults} {
        HostSettings settings;
        if ((plan.host & 1) != 0) settings.build = 7601;
        auto made = KmsHost::create(
            settings, clients_, [](std::span<std::uint8_t> out) { std::ranges::fill(out, 0x5A); },
            [this](const Event12290&) { ++event_count_; });
        require(made.has_value());
        host_ = std::move(*made);
        connection_.emplace(*host_, plan_, RpcServerSettings{.rules = bind_rules_of(settings)}, 1);
        take(connection_->on_accept(), false);
    }

    void receive(Bytes piece) {
        const bool had_ended = connection_->has_ended();
        const std::size_t events_before = event_count_;
        take(connection_->on_bytes(piece, to_timestamp(Filetime{host_filetime})), had_ended);
        require(!had_ended || event_count_ == events_before);
    }

    const Actions& actions() const { return actions_; }

private:
    void take(Actions actions, bool had_ended) {
        require(!had_ended || actions.empty());
        fuzz::require_order(actions);
        for (Action& action : actions) {
            const bool is_end = action.kind == Action::Kind::close || action.kind == Action::Kind::reset;
            require(!is_end || connection_->has_ended());
            actions_.push_back(std::move(action));
        }
    }

    MemoryClientList clients_;
    FaultPlan plan_;
    std::unique_ptr<KmsHost> host_;
    std::optional<HostConnection> connection_;
    std::size_t event_count_ = 0;
    Actions actions_;
};

void require_same(const Actions& a, const Actions& b) {
    require(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i)
        require(a[i].kind == b[i].kind && a[i].bytes == b[i].bytes && a[i].wait == b[i].wait);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < plan_size) return 0;
    const Bytes input{data, size};
    const Plan plan = read_plan(input.first(plan_size));
    const Bytes sent = input.subspan(plan_size);
    Host in_pieces{plan};
    for (fuzz::Pieces pieces{sent, plan.pieces}; pieces.has_next();) in_pieces.receive(pieces.next());
    Host at_once{plan};
    at_once.receive(sent);
    require_same(in_pieces.actions(), at_once.actions());
    if (std::ranges::none_of(plan.faults, breaks_pdus))
        for (const Action& action : at_once.actions())
            require(action.kind != Action::Kind::send || is_whole_pdu(action.bytes));
    return 0;
}
