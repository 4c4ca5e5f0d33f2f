#include "libdiag/proto/dcerpc/recognize.h"

#include <catch2/catch.hpp>

#include "libdiag/proto/dcerpc/pdu.h"
#include "tests/proto/dcerpc/generate.h"
#include "tests/proto/dcerpc/rpc_vectors.h"
#include "tests/support/exact_buffer.h"

using namespace diag;
using namespace diag::dcerpc;
using diag::test::ExactBuffer;
using diag::test::rpc_vectors;
using diag::test::unhex;

namespace {

bool is_bind(const test::RpcVector& v) { return v.id.starts_with("bind-ndr") || v.id.starts_with("alter-context-ndr"); }

}  // namespace

TEST_CASE("starts_bind: every prefix of a bind can be one, other PDUs cannot from their type on",
          "[dcerpc][recognize]") {
    for (const auto& v : rpc_vectors()) {
        for (std::size_t n = 0; n <= v.pdu.size(); ++n) {
            CAPTURE(v.id, n);
            CHECK(starts_bind(ExactBuffer{v.pdu, n}) == (is_bind(v) || n < 3));
        }
    }
}

TEST_CASE("starts_kms_bind: says yes once the interface is there, and asks for more before", "[dcerpc][recognize]") {
    constexpr std::size_t interface_end = 28 + 4 + 16;
    for (const auto& v : rpc_vectors()) {
        for (std::size_t n = 0; n <= v.pdu.size(); ++n) {
            CAPTURE(v.id, n);
            const KmsBind expected = !is_bind(v) && n >= 3 ? KmsBind::no
                                     : n < interface_end   ? KmsBind::need_more
                                                           : KmsBind::yes;
            CHECK(starts_kms_bind(ExactBuffer{v.pdu, n}) == expected);
        }
    }
}

TEST_CASE("starts_kms_bind: a bind for other interfaces is none, and only its end proves it", "[dcerpc][recognize]") {
    ByteVector bytes = test::rpc_vector("bind-ndr32-btfn").pdu;
    bytes[32] ^= 1;  // first byte of the interface of context 0; context 1 still is KMS
    CHECK(starts_kms_bind(head(bytes, 72)) == KmsBind::need_more);
    CHECK(starts_kms_bind(bytes) == KmsBind::yes);
    bytes[76] ^= 1;
    CHECK(starts_kms_bind(head(bytes, bytes.size() - 1)) == KmsBind::need_more);
    CHECK(starts_kms_bind(bytes) == KmsBind::no);
    bytes.insert(bytes.end(), 100, 0x55);
    CHECK(starts_kms_bind(bytes) == KmsBind::no);
}

TEST_CASE("starts_kms_bind: finds the interface behind contexts with several syntaxes, and in big-endian",
          "[dcerpc][recognize]") {
    Pdu pdu;
    pdu.header.ptype = static_cast<std::uint8_t>(PduType::bind);
    Bind& bind = pdu.body.emplace<Bind>();
    bind.contexts.push_back({.context_id = 0,
                             .interface = *Uuid::parse("e1af8308-5d1f-11c9-91a4-08002b14a0fa"),
                             .interface_version = {3, 0},
                             .transfer_syntaxes = {{ndr32_syntax_id, 2}, {ndr64_syntax_id, 1}, {make_btfn_id(3), 1}}});
    CHECK(starts_kms_bind(encode_pdu(pdu)) == KmsBind::no);
    bind.contexts.push_back({.context_id = 1,
                             .interface = kms_interface_id,
                             .interface_version = {1, 0},
                             .transfer_syntaxes = {{ndr32_syntax_id, 2}}});
    CHECK(starts_kms_bind(encode_pdu(pdu)) == KmsBind::yes);
    pdu.header.drep = big_endian_drep;
    CHECK(starts_kms_bind(encode_pdu(pdu)) == KmsBind::yes);
}

TEST_CASE("starts_kms_bind: counts that promise more than the PDU holds end with no", "[dcerpc][recognize]") {
    ByteVector bytes = test::rpc_vector("bind-ndr32").pdu;
    bytes[32] ^= 1;
    bytes[24] = 255;
    CHECK(starts_kms_bind(bytes) == KmsBind::no);
    bytes[30] = 255;
    CHECK(starts_kms_bind(bytes) == KmsBind::no);
    bytes[8] = 20;  // a bind that ends inside its fixed fields
    CHECK_FALSE(starts_bind(bytes));
}

TEST_CASE("starts_kms_bind: other protocols are none at their first bytes", "[dcerpc][recognize]") {
    CHECK(starts_kms_bind({}) == KmsBind::need_more);
    CHECK(starts_kms_bind(bytes_of("GET / HTTP/1.1")) == KmsBind::no);
    CHECK(starts_kms_bind(unhex("16 03 01")) == KmsBind::no);
    CHECK(starts_kms_bind(unhex("05 01 00")) == KmsBind::no);  // SOCKS 5: where a bind has its type stands a request's
}
