// A host that accepts a connection and resets it at once: the system may tell us so before we have sent anything.
#include <catch2/catch.hpp>

#include "libdiag/check/live_conversation.h"
#include "libdiag/check/rules.h"
#include "libdiag/proto/kms/key_profile.h"
#include "tests/support/packet_builder.h"

namespace diag::test {

TEST_CASE("live conversation: a reset in place of the connection is one that was accepted and then closed",
          "[check][live]") {
    session::ConnectEvidence connect{.target = endpoint("192.0.2.10", 1688), .local = endpoint("192.0.2.77", 49701)};
    connect.end = session::ConnectEnd::reset;
    kms::Codec codec{kms::lab_profile()};
    const check::LiveConversation live{connect, {}, codec};
    const auto findings = live.findings();
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].rule == &check::rule::connect_closed);

    connect.end = session::ConnectEnd::refused;
    const auto refused = check::LiveConversation{connect, {}, codec}.findings();
    REQUIRE(refused.size() == 1);
    CHECK(refused[0].rule == &check::rule::connect_refused);
}

}  // namespace diag::test
