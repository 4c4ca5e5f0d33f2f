#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "libdiag/base/packet_view.h"
#include "libdiag/capture/error.h"

namespace diag::capture {

/// A filter in the language of tcpdump (pcap-filter(7)), compiled by libpcap for each link type that turns up.
class PacketFilter {
public:
    /// Refuses an expression that no common link type can be filtered with; the message is libpcap's reason. Names of
    /// hosts in the expression are looked up here, as tcpdump does.
    static std::expected<PacketFilter, CaptureError> compile(std::string expression);

    PacketFilter(PacketFilter&&) noexcept;
    PacketFilter& operator=(PacketFilter&&) noexcept;
    ~PacketFilter();

    /// Packets of a link type for which the expression means nothing ("wlan" on Ethernet) do not match.
    bool matches(const PacketView& packet);

    const std::string& expression() const { return expression_; }

    /// One line for each link type seen so far whose packets cannot match, with libpcap's reason.
    const std::vector<std::string>& problems() const { return problems_; }

private:
    struct Program;
    explicit PacketFilter(std::string expression);
    const Program* program_for(LinkType link_type);

    std::string expression_;
    std::vector<std::unique_ptr<Program>> programs_;  // one for each link type seen: a handful
    std::size_t last_used_ = 0;
    std::vector<std::string> problems_;
};

}  // namespace diag::capture
