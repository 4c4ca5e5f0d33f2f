#include "libdiag/capture/link_types.h"

#include <pcap/dlt.h>

namespace diag::capture {
namespace {

struct Difference {
    LinkType link_type;
    int dlt;
};

constexpr Difference differences[] = {
    {LinkType::raw_ip, DLT_RAW},      {LinkType::raw_ip_bsd, DLT_RAW}, {LinkType::raw_ip_openbsd, DLT_RAW},
    {LinkType{100}, DLT_ATM_RFC1483}, {LinkType{106}, DLT_ATM_CLIP},
};

}  // namespace

int dlt_of(LinkType link_type) {
    for (const Difference& row : differences) {
        if (row.link_type == link_type) return row.dlt;
    }
    return static_cast<int>(link_type);
}

LinkType link_type_of_dlt(int dlt) {
    for (const Difference& row : differences) {
        if (row.dlt == dlt) return row.link_type;
    }
    return static_cast<LinkType>(dlt);
}

}  // namespace diag::capture
