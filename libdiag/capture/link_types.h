#pragma once

#include "libdiag/base/packet_view.h"

// libpcap's functions speak DLT_ numbers, which differ between systems in a few places; files carry LINKTYPE_ numbers,
// which do not (tcpdump.org/linktypes.html). These two know the places.
namespace diag::capture {

int dlt_of(LinkType link_type);
LinkType link_type_of_dlt(int dlt);

}  // namespace diag::capture
