#include "libdiag/base/hex.h"
#include "libdiag/proto/kms/codec.h"

namespace diag::kms {
namespace {

constexpr Field<Proofs> v5_proof_fields[] = {
    {"random", "Random salt, masked", &Proofs::masked_random, Show::bytes},
    {"hash", "Hash of the random salt", &Proofs::random_hash, Show::bytes},
};
constexpr Field<Proofs> v6_proof_fields[] = {
    {"hwid", "Hardware id of the host", &Proofs::hwid, Show::upper_bytes},
    {"request_salt", "Request salt, decrypted", &Proofs::request_salt, Show::bytes},
    {"tag", "HMAC tag", &Proofs::tag, Show::bytes},
};

constexpr std::size_t salt_offset = version_size;

std::string_view meaning_of(Body body) {
    switch (body) {
        case Body::absent: return "bytes are missing";
        case Body::clear: return "in the clear";
        case Body::opened: return "decrypted";
        case Body::protected_: return "not opened by the key profile";
        default: return "layout unknown for this version";
    }
}

void add_bytes(std::string_view key, std::string_view label, std::size_t offset, Bytes bytes, Node& parent,
               std::string_view meaning = {}) {
    parent.add({.key = std::string{key},
                .label = std::string{label},
                .offset = offset,
                .size = bytes.size(),
                .value = to_hex(bytes),
                .meaning = std::string{meaning}});
}

std::size_t header_size(MinorMajor version) { return version.major <= 4 ? 0 : sealed_header_size; }

// The outer version, salt and body heading; fields go into the node that is returned. In version 4 the outer version is the
// first field of the body, so it stands there only.
template <class Message> Node& describe_frame(const Message& m, std::size_t offset, Node& parent) {
    const bool is_sealed = m.version.major > 4;
    if (m.has_version() && (is_sealed || !m.base)) {
        parent.add({.key = "version",
                    .label = "Version",
                    .offset = offset,
                    .size = version_size,
                    .value = std::to_string(m.version.major) + "." + std::to_string(m.version.minor),
                    .meaning = {}});
    }
    if (m.salt) add_bytes("salt", "Salt", offset + salt_offset, *m.salt, parent);
    const std::size_t start = m.salt ? sealed_header_size : m.has_version() && !m.base ? version_size : 0;
    return parent.add({.key = "body",
                       .label = "Body",
                       .offset = offset + start,
                       .size = m.message_size - start,
                       .value = {},
                       .meaning = std::string{meaning_of(m.body)}});
}

void describe_checks(const ResponseChecks& checks, Node& parent) {
    Node& node = parent.add({.key = "checks", .label = "Checks of a client", .value = {}, .meaning = {}});
    for (const ResponseCheck& check : response_check_table) {
        const CheckResult result = checks.*check.member;
        if (result == CheckResult::not_checked) continue;
        Node& line = node.add({.key = std::string{check.key},
                               .label = std::string{check.label},
                               .value = std::string{diag::name_of(result)},
                               .meaning = {}});
        if (check.member == &ResponseChecks::hmac && checks.hmac_slot_offset != 0) {
            line.meaning = checks.hmac_slot_offset < 0 ? "made with the key of the time slot before"
                                                       : "made with the key of the time slot after";
        }
    }
}

}  // namespace

void describe_request(const Request& request, std::size_t offset, Node& parent) {
    Node& body = describe_frame(request, offset, parent);
    if (!request.base) return;
    describe_base_request(*request.base, offset + header_size(request.version), body);
    if (request.body == Body::clear) {
        add_bytes("mac", "MAC", offset + base_request_size, request.mac_bytes, body, name_of(request.mac));
    }
}

void describe_response(const Response& response, std::size_t offset, Node& parent) {
    Node& body = describe_frame(response, offset, parent);
    if (!response.base) return;
    std::size_t at = offset + header_size(response.version);
    describe_base_response(*response.base, at, body);
    at += base_response_fixed_size + response.base->epid_size;
    if (response.body == Body::clear) {
        add_bytes("mac", "MAC", at, response.mac_bytes, body, name_of(response.mac));
    } else if (response.proofs) {
        at = describe_fields<Proofs>(v5_proof_fields, *response.proofs, at, body);
        if (response.version.major >= 6) describe_fields<Proofs>(v6_proof_fields, *response.proofs, at, body);
    }
    describe_checks(response.checks, parent);
}

}  // namespace diag::kms
