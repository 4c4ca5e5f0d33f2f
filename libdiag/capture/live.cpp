#include "libdiag/capture/live.h"

#include <fmt/format.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <poll.h>

#include <algorithm>
#include <limits>

#include "libdiag/base/utf.h"
#include "libdiag/capture/link_types.h"
#include "libdiag/capture/privileges.h"

namespace diag::capture {
namespace {

using Kind = CaptureError::Kind;

constexpr int poll_ms = 100;      // how long a stop flag set without a signal may go unseen
constexpr int delivery_ms = 100;  // how long the kernel may collect packets before it hands them over
constexpr std::int64_t ns_per_second = 1'000'000'000;

std::string reason_of(pcap_t* handle) { return escape_for_terminal(pcap_geterr(handle)); }

CaptureError activation_error(int code, pcap_t* handle, const std::string& name) {
    switch (code) {
        case PCAP_ERROR_NO_SUCH_DEVICE:
            return {Kind::no_device, fmt::format("{}: no such interface (`ip link` lists them)", name)};
        case PCAP_ERROR_PERM_DENIED:
        case PCAP_ERROR_PROMISC_PERM_DENIED:
            return {Kind::no_permission,
                    fmt::format("{}: no permission to capture: run it with sudo, or give it the right with "
                                "`setcap cap_net_raw=ep PROGRAM`",
                                name)};
        case PCAP_ERROR_IFACE_NOT_UP:
            return {Kind::no_device, fmt::format("{}: the interface is down (`ip link set {} up`)", name, name)};
        default: break;
    }
    const std::string reason = reason_of(handle);
    return {Kind::io, fmt::format("{}: cannot capture: {}", name, reason.empty() ? pcap_statustostr(code) : reason)};
}

}  // namespace

void LiveCapture::Close::operator()(pcap* handle) const { pcap_close(handle); }

std::expected<LiveCapture, CaptureError> LiveCapture::open(const LiveOptions& options) {
    auto handle = activate(options);
    if (!handle) return std::unexpected(std::move(handle.error()));
    if (auto filtered = set_filter(handle->get(), options.filter); !filtered)
        return std::unexpected(std::move(filtered.error()));
    if (auto dropped = drop_privileges(); !dropped)
        return std::unexpected(CaptureError{Kind::privileges, dropped.error()});
    return LiveCapture{std::move(*handle), options};
}

std::expected<LiveCapture::Handle, CaptureError> LiveCapture::activate(const LiveOptions& options) {
    const std::string name = escape_for_terminal(options.interface);
    char error[PCAP_ERRBUF_SIZE] = {};
    Handle handle{pcap_create(options.interface.c_str(), error)};
    if (!handle)
        return std::unexpected(CaptureError{Kind::no_device, fmt::format("{}: {}", name, escape_for_terminal(error))});
    constexpr std::uint32_t most = std::uint32_t{256} << 10;  // what libpcap itself takes for "everything"
    pcap_set_snaplen(handle.get(), static_cast<int>(std::clamp(options.snap_size, 1U, most)));
    pcap_set_promisc(handle.get(), options.promiscuous ? 1 : 0);
    pcap_set_timeout(handle.get(), delivery_ms);
    constexpr std::size_t int_limit = std::numeric_limits<int>::max();
    pcap_set_buffer_size(handle.get(), static_cast<int>(std::min(options.kernel_buffer_size, int_limit)));
    pcap_set_tstamp_precision(handle.get(), PCAP_TSTAMP_PRECISION_NANO);  // refused where there is none
    const int code = pcap_activate(handle.get());
    if (code < 0) {
        // Without permission libpcap cannot look whether there is such an interface; asking for its number needs none.
        const bool is_missing = code == PCAP_ERROR_PERM_DENIED && options.interface != "any" &&
                                ::if_nametoindex(options.interface.c_str()) == 0;
        return std::unexpected(activation_error(is_missing ? PCAP_ERROR_NO_SUCH_DEVICE : code, handle.get(), name));
    }
    // next() waits by itself: libpcap's own wait cannot be left when nothing comes.
    if (pcap_setnonblock(handle.get(), 1, error) != 0)
        return std::unexpected(CaptureError{Kind::io, fmt::format("{}: {}", name, escape_for_terminal(error))});
    return handle;
}

std::expected<void, CaptureError> LiveCapture::set_filter(pcap* handle, const std::string& expression) {
    if (expression.empty()) return {};
    bpf_program code{};
    constexpr int optimize = 1;
    bool failed = pcap_compile(handle, &code, expression.c_str(), optimize, PCAP_NETMASK_UNKNOWN) != 0;
    if (!failed) {
        failed = pcap_setfilter(handle, &code) != 0;
        pcap_freecode(&code);
    }
    if (!failed) return {};
    return std::unexpected(CaptureError{
        Kind::bad_filter, fmt::format("filter \"{}\": {}", escape_for_terminal(expression), reason_of(handle))});
}

LiveCapture::LiveCapture(Handle handle, const LiveOptions& options)
    : handle_{std::move(handle)},
      interface_{escape_for_terminal(options.interface)},
      link_type_{link_type_of_dlt(pcap_datalink(handle_.get()))},
      nanoseconds_{pcap_get_tstamp_precision(handle_.get()) == PCAP_TSTAMP_PRECISION_NANO},
      fd_{pcap_get_selectable_fd(handle_.get())},
      stop_{options.stop},
      on_idle_{options.on_idle},
      packet_limit_{options.packet_limit} {
    if (options.time_limit.count() > 0) deadline_ = std::chrono::steady_clock::now() + options.time_limit;
}

bool LiveCapture::next(PacketView& packet) {
    while (!damage_ && !is_over()) {
        pcap_pkthdr* header = nullptr;
        const u_char* data = nullptr;
        const int code = pcap_next_ex(handle_.get(), &header, &data);
        if (code == 0) {
            wait();
            continue;
        }
        if (code < 0) {
            damage_ = Damage{byte_count_, fmt::format("{}: capture ended: {}", interface_, reason_of(handle_.get()))};
            break;
        }
        packet.number = ++packet_count_;
        packet.time.ns = header->ts.tv_sec * ns_per_second + header->ts.tv_usec * (nanoseconds_ ? 1 : 1000);
        packet.fraction_digits = nanoseconds_ ? 9 : 6;
        packet.link_type = link_type_;
        packet.original_size = std::max(header->len, header->caplen);
        packet.data = Bytes{data, header->caplen};
        byte_count_ += header->caplen;
        return true;
    }
    return false;
}

bool LiveCapture::is_over() const {
    if (stop_ && stop_->load(std::memory_order_relaxed)) return true;
    if (packet_limit_ != 0 && packet_count_ >= packet_limit_) return true;
    return deadline_ != std::chrono::steady_clock::time_point::max() && std::chrono::steady_clock::now() >= deadline_;
}

/// Until packets come, a signal, or poll_ms.
void LiveCapture::wait() {
    pollfd events{.fd = fd_, .events = POLLIN, .revents = 0};
    // What went wrong, if anything, the next read says.
    const int ready = ::poll(&events, 1, poll_ms);
    if (ready != 0 || !on_idle_) return;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    on_idle_({std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()});
}

LiveCapture::Statistics LiveCapture::statistics() const {
    pcap_stat raw{};
    if (pcap_stats(handle_.get(), &raw) != 0) return {};
    return {raw.ps_recv, raw.ps_drop, raw.ps_ifdrop};
}

}  // namespace diag::capture
