#include "libdiag/explain/entry.h"

namespace diag::explain {

std::string_view name_of(Kind kind) {
    switch (kind) {
        case Kind::code: return "code";
        case Kind::event: return "event";
        case Kind::finding: return "finding";
        case Kind::product: return "product";
        case Kind::application: return "application";
        case Kind::counted_item: return "counted-item";
        case Kind::host_key: return "host-key";
        case Kind::epid: return "epid";
        case Kind::rpc_interface: break;
    }
    return "rpc-interface";
}

}  // namespace diag::explain
