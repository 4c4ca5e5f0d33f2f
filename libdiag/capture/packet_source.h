#pragma once

#include <optional>

#include "libdiag/base/packet_view.h"
#include "libdiag/capture/error.h"

namespace diag::capture {

/// Packets one after the other, from a file or a device.
class PacketSource {
public:
    virtual ~PacketSource() = default;

    /// The next packet, its bytes valid until the next call. False at the end, which may be too early: see damage().
    virtual bool next(PacketView& packet) = 0;

    /// Set when the packets ended for another reason than that there were no more.
    virtual const std::optional<Damage>& damage() const = 0;
};

}  // namespace diag::capture
