#include "libdiag/proto/kms/epid.h"

#include <catch2/catch.hpp>

#include "libdiag/proto/kms/catalogue.h"
#include "tests/proto/kms/kms_vectors.h"

using namespace diag;
using namespace diag::kms;
using namespace diag::test;

TEST_CASE("epid: the parts of the specification's example", "[kms][epid]") {
    const auto epid = parse_epid("03612-00206-471-111111-03-1033-17763.0000-2822018");
    REQUIRE(epid);
    CHECK(*epid == Epid{.platform_id = 3612,
                        .group_id = 206,
                        .key_id_high = 471,
                        .key_id_low = 111111,
                        .channel = 3,
                        .lcid = 1033,
                        .build = 17763,
                        .revision = 0,
                        .activation_day = 282,
                        .activation_year = 2018});
    CHECK(epid->key_id() == 471111111);
    CHECK_FALSE(epid->is_lab());
    CHECK(activation_date_text(*epid) == "2018-10-09");
    CHECK_THAT(std::string{host_os(*epid)}, Catch::Contains("Windows Server 2019"));
    REQUIRE(host_key(*epid) != nullptr);
    CHECK(host_key(*epid)->host_key_id == "ws2016");  // by a disputed block: only older databases give it
}

TEST_CASE("epid: the vectors' ePIDs are in the usual form", "[kms][epid]") {
    std::size_t count = 0;
    for (const auto& v : message_vectors()) {
        const auto text = text_of(v.json->at("response_fields").as_object(), "epid");
        CAPTURE(text);
        count += parse_epid(text).has_value();
    }
    CHECK(count >= 6);
}

TEST_CASE("epid: the lab marker is revision 9999", "[kms][epid]") {
    CHECK(parse_epid("03612-00206-551-000001-03-1033-17763.9999-0012020")->is_lab());
    CHECK_FALSE(parse_epid("03612-00206-551-000001-03-1033-9999.0000-0012020")->is_lab());
}

TEST_CASE("epid: unusual numbers are kept, for others to judge", "[kms][epid]") {
    const auto epid = parse_epid("00001-99999-001-000002-00-0-1.0000-0002001");
    REQUIRE(epid);
    CHECK(epid->key_id() == 1000002);
    CHECK(epid->activation_day == 0);
    CHECK_FALSE(activation_date(*epid));
    CHECK(activation_date_text(*epid).empty());
    CHECK(host_os(*epid).empty());
    CHECK(host_key(*epid) == nullptr);
}

TEST_CASE("epid: day 366 exists in leap years only", "[kms][epid]") {
    CHECK(activation_date_text({.activation_day = 366, .activation_year = 2020}) == "2020-12-31");
    CHECK(activation_date_text({.activation_day = 366, .activation_year = 2100}).empty());
    CHECK(activation_date_text({.activation_day = 365, .activation_year = 2100}) == "2100-12-31");
    CHECK(activation_date_text({.activation_day = 60, .activation_year = 2000}) == "2000-02-29");
}

TEST_CASE("epid: other text is not in the usual form", "[kms][epid]") {
    for (const std::string_view text :
         {"", "-", "kms-host", "03612", "03612-00206-471-111111-03-1033-17763.0000",
          "03612-00206-471-111111-03-1033-17763-2822018", "03612-00206-471-111111-03-1033-17763.0000-",
          "03612-00206-471-111111-03-1033-17763.0000-2822018 ", " 03612-00206-471-111111-03-1033-17763.0000-2822018",
          "03612-00206-471-111111-03-1033-17763.0000-2822018-1", "03612-00206-471-111111-03--17763.0000-2822018",
          "003612-00206-471-111111-03-1033-17763.0000-2822018", "03612-00206-471-1111111-03-1033-17763.0000-2822018",
          "03612-00206-471-111111-03-1033-17763.0000-12822018", "03612-00206-471-111111-03-+1033-17763.0000-2822018",
          "03612-00206-471-111111-03-9999999999-17763.0000-2822018"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_epid(text));
    }
}

TEST_CASE("epid: host keys are found by group and key id", "[kms][epid]") {
    const auto name_of_key = [](std::string_view text) {
        const HostKey* key = host_key(*parse_epid(text));
        return key != nullptr ? key->host_key_id : std::string_view{};
    };
    CHECK(name_of_key("03612-00206-551-000000-03-1033-17763.0000-0012020") == "ws2019");
    CHECK(name_of_key("03612-00206-570-999999-03-1033-17763.0000-0012020") == "ws2019");
    CHECK(name_of_key("03612-00206-550-999999-03-1033-17763.0000-0012020").empty());
    CHECK(name_of_key("03612-04573-000-019999-03-1033-20348.0000-0012022") == "ws2022");
    CHECK(name_of_key("03612-04573-000-020000-03-1033-20348.0000-0012022").empty());  // the hole in its blocks
    CHECK(name_of_key("03612-00096-199-000000-03-1033-20348.0000-0012022") == "office2010");
}
