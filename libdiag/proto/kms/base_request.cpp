#include "libdiag/proto/kms/base_request.h"

#include <algorithm>

#include "libdiag/base/utf.h"
#include "libdiag/proto/kms/catalogue.h"

namespace diag::kms {
namespace {

// What a person reads beside the id; empty for ids that the catalogue does not have.
std::string name_of_id(std::string_view key, const BaseRequest& request) {
    if (key == "application_id") {
        if (const auto* known = find_application(request.application_id)) return std::string{known->name};
    } else if (key == "activation_id") {
        if (const auto* known = find_product(request.activation_id)) return std::string{known->name};
    } else if (key == "kms_id") {
        if (const auto* known = find_kms_item(request.kms_id)) return std::string{known->name};
    }
    return {};
}

}  // namespace

std::string BaseRequest::workstation_text() const { return utf8_from_utf16le(workstation_name); }

bool BaseRequest::set_workstation_text(std::string_view name) {
    const ByteVector units = utf16le_from_utf8(name);
    if (units.size() + 2 > workstation_name.size()) return false;
    workstation_name.fill(0);
    std::copy(units.begin(), units.end(), workstation_name.begin());
    return true;
}

Decoded<BaseRequest> decode_base_request(Reader& r) {
    BaseRequest request;
    decode_fields<BaseRequest>(r, base_request_fields, request);
    if (auto done = r.finish(); !done) return std::unexpected(done.error());
    return request;
}

void encode_base_request(Writer& w, const BaseRequest& request) {
    encode_fields<BaseRequest>(w, base_request_fields, request);
}

void describe_base_request(const BaseRequest& request, std::size_t offset, Node& parent) {
    const std::size_t first = parent.children.size();
    describe_fields<BaseRequest>(base_request_fields, request, offset, parent);
    for (std::size_t i = first; i < parent.children.size(); ++i) {
        Node& node = parent.children[i];
        if (node.meaning.empty()) node.meaning = name_of_id(node.key, request);
    }
}

}  // namespace diag::kms
