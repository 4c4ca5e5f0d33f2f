#include "libdiag/capture/filter.h"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include "libdiag/base/utf.h"
#include "libdiag/capture/link_types.h"
#include "libdiag/capture/pcap_format.h"

namespace diag::capture {

struct PacketFilter::Program {
    explicit Program(LinkType type) : link_type{type} {}
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    ~Program() {
        if (usable) pcap_freecode(&code);
    }

    LinkType link_type;
    bool usable = false;
    bpf_program code{};
};

namespace {

// More link types than this in one input have no meaning; the programs of the first ones stay, others never match.
constexpr std::size_t program_count_limit = 64;

struct ClosePcap {
    void operator()(pcap_t* handle) const { pcap_close(handle); }
};

/// Empty, or libpcap's reason.
std::string compile_for(LinkType link_type, const std::string& expression, bpf_program& code) {
    const std::unique_ptr<pcap_t, ClosePcap> handle{
        pcap_open_dead(dlt_of(link_type), static_cast<int>(captured_size_limit(link_type)))};
    if (!handle) return "not enough memory";
    constexpr int optimize = 1;
    if (pcap_compile(handle.get(), &code, expression.c_str(), optimize, PCAP_NETMASK_UNKNOWN) == 0) return {};
    return escape_for_terminal(pcap_geterr(handle.get()));
}

constexpr LinkType common_link_types[] = {LinkType::ethernet, LinkType::linux_sll2, LinkType::raw_ip,
                                          LinkType{105}};  // 802.11

}  // namespace

PacketFilter::PacketFilter(std::string expression) : expression_{std::move(expression)} {}
PacketFilter::PacketFilter(PacketFilter&&) noexcept = default;
PacketFilter& PacketFilter::operator=(PacketFilter&&) noexcept = default;
PacketFilter::~PacketFilter() = default;

std::expected<PacketFilter, CaptureError> PacketFilter::compile(std::string expression) {
    std::string reason;
    for (const LinkType link_type : common_link_types) {
        bpf_program code{};
        const std::string failure = compile_for(link_type, expression, code);
        if (failure.empty()) {
            pcap_freecode(&code);
            return PacketFilter{std::move(expression)};
        }
        if (reason.empty()) reason = failure;  // that for Ethernet speaks to most people
    }
    return std::unexpected(CaptureError{CaptureError::Kind::bad_filter,
                                        fmt::format("filter \"{}\": {}", escape_for_terminal(expression), reason)});
}

/// The program of a link type, compiled when it is first asked for; null once there are too many.
const PacketFilter::Program* PacketFilter::program_for(LinkType link_type) {
    if (last_used_ < programs_.size() && programs_[last_used_]->link_type == link_type)
        return programs_[last_used_].get();
    for (std::size_t i = 0; i < programs_.size(); ++i) {
        if (programs_[i]->link_type == link_type) return programs_[last_used_ = i].get();
    }
    if (programs_.size() >= program_count_limit) return nullptr;
    auto program = std::make_unique<Program>(link_type);
    const std::string failure = compile_for(link_type, expression_, program->code);
    program->usable = failure.empty();
    if (!program->usable) {
        problems_.push_back(fmt::format("filter \"{}\" fits no packet of link type {}: {}",
                                        escape_for_terminal(expression_), static_cast<std::uint32_t>(link_type),
                                        failure));
    }
    last_used_ = programs_.size();
    return programs_.emplace_back(std::move(program)).get();
}

bool PacketFilter::matches(const PacketView& packet) {
    const Program* program = program_for(packet.link_type);
    if (!program || !program->usable) return false;
    pcap_pkthdr header{};
    header.caplen = static_cast<bpf_u_int32>(packet.data.size());
    header.len = packet.original_size;
    return pcap_offline_filter(&program->code, &header, packet.data.data()) != 0;
}

}  // namespace diag::capture
