// What a saved slmgr /dlv gives: each rule with a case that fires it and a healthy neighbour that does not.
#include "libdiag/check/dlv_findings.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "libdiag/check/rules.h"
#include "tests/slmgr/samples.h"

namespace diag::check {
namespace {

using slmgr::ActivationType;
using slmgr::Dlv;
using slmgr::KmsMachine;
using slmgr::LicenseStatus;
using slmgr::test::read_all;
using slmgr::test::read_one;
using slmgr::test::sample;

using Ids = std::multiset<std::string>;
using Change = void (*)(Dlv&);

constexpr std::int64_t day = 24 * 60;

Ids ids_of(const std::vector<Finding>& findings) {
    Ids ids;
    for (const Finding& finding : findings) ids.emplace(finding.rule->id);
    return ids;
}

std::vector<Finding> judged(Dlv dlv, Change change = nullptr, DlvRole role = DlvRole::any) {
    if (change != nullptr) change(dlv);
    return check_dlv(dlv, "saved.txt", role);
}

Ids judged_sample(const std::string& name) { return ids_of(check_saved_dlv(read_all(sample(name)), "saved.txt")); }

Dlv client() { return read_one(sample("client-licensed")); }
Dlv host() { return read_one(sample("host-healthy")); }

// A client that is not licensed has no block of its last activation.
void unlicensed(Dlv& dlv, LicenseStatus status) {
    dlv.license_status = status;
    dlv.volume_expiration_minutes = {};
    dlv.kms_machine = {};
}
template <LicenseStatus status> void with_status(Dlv& dlv) { unlicensed(dlv, status); }
template <int days> void days_left(Dlv& dlv) { dlv.volume_expiration_minutes = days * day; }

struct Case {
    std::string id;
    std::string name;
    Dlv (*base)();
    Change fires;
    Change healthy;  ///< a neighbour without this finding; nullptr: the base
    DlvRole role = DlvRole::any;
};

const Case cases[] = {
    {"KMS-SLMGR-ERROR", "a failure", client, [](Dlv& d) { d.error_codes = {0xC004F074}; },
     [](Dlv& d) { d.error_codes = {0x4004F040}; }},
    {"KMS-CLIENT-NO-KEY", "no product", client, [](Dlv& d) { d.product_not_found = true; }, nullptr},
    {"KMS-CLIENT-CHANNEL", "a MAK in notification", client,
     [](Dlv& d) {
         unlicensed(d, LicenseStatus::notification);
         d.description = std::string{"Windows(R) Operating System, VOLUME_MAK channel"};
     },
     with_status<LicenseStatus::notification>},
    {"KMS-CLIENT-OTHER-CHANNEL", "a licensed retail key", client,
     [](Dlv& d) { d.description = std::string{"Windows(R) Operating System, RETAIL channel"}; }, nullptr},
    {"KMS-CLIENT-KEY", "a foreign partial key", client, [](Dlv& d) { d.partial_key = std::string{"QQQQQ"}; }, nullptr},
    {"KMS-CLIENT-HOST-KEY", "a host where a client is meant", host, [](Dlv&) {},
     [](Dlv& d) { d.description = std::string{"x, VOLUME_KMSCLIENT channel"}; }, DlvRole::client},
    {"KMS-CLIENT-UNLICENSED", "status", client, with_status<LicenseStatus::unlicensed>, nullptr},
    {"KMS-CLIENT-NOTIFICATION", "status", client, with_status<LicenseStatus::notification>, nullptr},
    {"KMS-CLIENT-NON-GENUINE", "grace", client, with_status<LicenseStatus::non_genuine_grace>, nullptr},
    {"KMS-CLIENT-NON-GENUINE", "reason", client,
     [](Dlv& d) {
         unlicensed(d, LicenseStatus::notification);
         d.notification_reason = 0xC004F200;
     },
     [](Dlv& d) {
         unlicensed(d, LicenseStatus::notification);
         d.notification_reason = 0xC004F009;
     }},
    {"KMS-CLIENT-GRACE", "thirty days", client,
     [](Dlv& d) {
         unlicensed(d, LicenseStatus::initial_grace);
         d.remaining_minutes = 30 * day;
     },
     nullptr},
    {"KMS-CLIENT-GRACE-ENDS", "three days", client,
     [](Dlv& d) {
         unlicensed(d, LicenseStatus::initial_grace);
         d.remaining_minutes = 3 * day;
     },
     [](Dlv& d) {
         unlicensed(d, LicenseStatus::initial_grace);
         d.remaining_minutes = 3 * day + 1;
     }},
    {"KMS-CLIENT-GRACE-ENDS", "additional grace", client, with_status<LicenseStatus::additional_grace>, nullptr},
    {"KMS-CLIENT-RENEWAL-OVERDUE", "15 days with an interval of 7", client, days_left<165>, days_left<166>},
    {"KMS-CLIENT-RENEWAL-OVERDUE", "61 days with an interval of 30", client,
     [](Dlv& d) {
         d.renewal_interval_minutes = 30 * day;
         days_left<119>(d);
     },
     [](Dlv& d) {
         d.renewal_interval_minutes = 30 * day;
         days_left<120>(d);
     }},
    {"KMS-CLIENT-RENEWAL-OVERDUE", "an interval of minutes leaves a week of patience", client,
     [](Dlv& d) {
         d.renewal_interval_minutes = 15;
         days_left<172>(d);
     },
     [](Dlv& d) {
         d.renewal_interval_minutes = 15;
         days_left<173>(d);
     }},
    {"KMS-CLIENT-EXPIRATION-LONG", "years", client, days_left<3650>, days_left<180>},
    {"KMS-CLIENT-TYPE", "AD only", client,
     [](Dlv& d) {
         unlicensed(d, LicenseStatus::unlicensed);
         d.activation_type = ActivationType::ad;
     },
     [](Dlv& d) {
         unlicensed(d, LicenseStatus::unlicensed);
         d.activation_type = ActivationType::kms;
     }},
    {"KMS-CLIENT-AD", "an activation object", client, [](Dlv& d) { d.ad_object_name = std::string{"x"}; }, nullptr},
    {"KMS-CLIENT-NO-DISCOVERY", "no name", client, [](Dlv& d) { d.kms_machine = KmsMachine{}; }, nullptr},
    {"KMS-CLIENT-FIXED-HOST", "/skms", client,
     [](Dlv& d) {
         d.kms_machine = KmsMachine{KmsMachine::Source::registered, "h", 1688};
     },
     nullptr},
    {"KMS-CLIENT-NO-CACHE", "/ckhc", client, [](Dlv& d) { d.host_caching = false; }, nullptr},
    {"KMS-HOST-CLIENT-KEY", "a client where a host is meant", client, [](Dlv&) {},
     [](Dlv& d) { d.description = std::string{"x, VOLUME_KMS_WS19 channel"}; }, DlvRole::host},
    {"KMS-HOST-NOT-ACTIVATED", "status", host, [](Dlv& d) { d.license_status = LicenseStatus::initial_grace; },
     nullptr},
    {"KMS-HOST-NO-REQUESTS", "none at all", host, [](Dlv& d) { d.total_requests = 0; },
     [](Dlv& d) { d.total_requests = 1; }},
    {"KMS-HOST-NO-REQUESTS", "count of -1", host, [](Dlv& d) { d.current_count = -1; }, nullptr},
    {"KMS-COUNT-LOW", "four", host, [](Dlv& d) { d.current_count = 4; }, [](Dlv& d) { d.current_count = 5; }},
    {"KMS-COUNT-LOW", "24, and clients that do not get licensed", host,
     [](Dlv& d) {
         d.current_count = 24;
         d.licensed_requests = 10;
     },
     [](Dlv& d) { d.current_count = 24; }},
    {"KMS-COUNT-SERVERS-ONLY", "24", host, [](Dlv& d) { d.current_count = 24; }, [](Dlv& d) { d.current_count = 25; }},
    {"KMS-HOST-FAILED-REQUESTS", "a tenth", host, [](Dlv& d) { d.failed_requests = 413; },
     [](Dlv& d) { d.failed_requests = 411; }},
    {"KMS-HOST-FAILED-REQUESTS", "not a few", host,
     [](Dlv& d) {
         d.total_requests = 12;
         d.failed_requests = 10;
     },
     [](Dlv& d) {
         d.total_requests = 12;
         d.failed_requests = 9;
     }},
    {"KMS-HOST-TROUBLED-CLIENTS", "notification", host, [](Dlv& d) { d.notification_requests = 3981; },
     [](Dlv& d) { d.notification_requests = 3970; }},
    {"KMS-HOST-TROUBLED-CLIENTS", "unlicensed", host, [](Dlv& d) { d.unlicensed_requests = 7961; },
     [](Dlv& d) { d.unlicensed_requests = 7960; }},
    {"KMS-HOST-NOT-PUBLISHED", "/cdns", host, [](Dlv& d) { d.dns_publishing = false; }, nullptr},
    {"KMS-HOST-PORT", "/sprt", host, [](Dlv& d) { d.listening_port = 1689; }, nullptr},
    {"KMS-HOST-LOW-PRIORITY", "/cpri", host, [](Dlv& d) { d.priority = slmgr::Priority::low; }, nullptr},
    {"KMS-HOST-LAB", "mark in the PID", client,
     [](Dlv& d) { d.host_extended_pid = std::string{"03612-00206-471-111111-03-1033-17763.9999-2822018"}; }, nullptr},
    {"KMS-SAVED-LINES-UNKNOWN", "five", client, [](Dlv& d) { d.unknown_line_count = 5; },
     [](Dlv& d) { d.unknown_line_count = 4; }},
};

TEST_CASE("dlv findings: each rule fires in its case and not in the healthy neighbour", "[check][dlv]") {
    for (const Case& c : cases) {
        CAPTURE(c.id, c.name);
        CHECK(ids_of(judged(c.base(), c.fires, c.role)).count(c.id) == 1);
        const DlvRole role = c.healthy == nullptr ? DlvRole::any : c.role;
        CHECK(ids_of(judged(c.base(), c.healthy, role)).count(c.id) == 0);
    }
}

TEST_CASE("dlv findings: the cases here cover every rule about saved output", "[check][dlv]") {
    // Those about hosts, of several products or with DNS: tests/check/saved_hosts_test.cpp.
    std::set<std::string_view> covered = {"KMS-CLIENT-HOSTS-DIFFER", "KMS-CLIENT-HOST-UNPUBLISHED",
                                          "KMS-CLIENT-CACHE-STALE", "KMS-CLIENT-HOST-PORT", "KMS-CLIENT-HOST-ADDRESS"};
    for (const Case& c : cases) covered.insert(c.id);
    for (const Rule* rule : saved_rules()) {
        INFO(rule->id);
        CHECK(covered.contains(rule->id));
    }
}

TEST_CASE("dlv findings: a healthy client and a healthy host give nothing", "[check][dlv]") {
    for (const std::string name : {"client-licensed", "client-licensed-utf16", "dli-message-box", "all-products",
                                   "host-healthy", "host-healthy-wrapped", "host-office", "client-windows-7-dli"}) {
        CAPTURE(name);
        CHECK(judged_sample(name).empty());
    }
    CHECK(judged(client(), nullptr, DlvRole::client).empty());
    CHECK(judged(host(), nullptr, DlvRole::host).empty());
}

TEST_CASE("dlv findings: other ways to be licensed give info only", "[check][dlv]") {
    for (const std::string name : {"client-ad", "client-ad-wrapped"}) {
        CAPTURE(name);
        const auto findings = check_saved_dlv(read_all(sample(name)), "saved.txt");
        CHECK(ids_of(findings) == Ids{"KMS-CLIENT-AD"});
        CHECK(worst(findings) == Severity::info);
    }
}

TEST_CASE("dlv findings: each sample of trouble gives what it was made for, and nothing else", "[check][dlv]") {
    CHECK(judged_sample("client-notification") == Ids{"KMS-CLIENT-NOTIFICATION"});
    CHECK(judged_sample("client-never-activated") == Ids{"KMS-SLMGR-ERROR", "KMS-CLIENT-UNLICENSED"});
    CHECK(judged_sample("client-initial-grace") == Ids{"KMS-CLIENT-GRACE"});
    CHECK(judged_sample("client-fixed-host") ==
          Ids{"KMS-CLIENT-RENEWAL-OVERDUE", "KMS-CLIENT-FIXED-HOST", "KMS-CLIENT-NO-CACHE", "KMS-HOST-LAB"});
    CHECK(judged_sample("client-no-discovery") == Ids{"KMS-CLIENT-NO-DISCOVERY"});
    CHECK(judged_sample("client-retail") == Ids{"KMS-CLIENT-CHANNEL"});
    CHECK(judged_sample("no-key") == Ids{"KMS-CLIENT-NO-KEY"});
    CHECK(judged_sample("host-count-low") == Ids{"KMS-COUNT-LOW", "KMS-HOST-TROUBLED-CLIENTS"});
    CHECK(judged_sample("host-publishing-disabled") ==
          Ids{"KMS-HOST-NOT-PUBLISHED", "KMS-HOST-PORT", "KMS-HOST-LOW-PRIORITY"});
    CHECK(judged_sample("host-unused") == Ids{"KMS-HOST-NO-REQUESTS"});
    CHECK(judged_sample("host-not-activated") == Ids{"KMS-HOST-NOT-ACTIVATED"});
}

TEST_CASE("dlv findings: the reason of notification is the code that Windows shows", "[check][dlv]") {
    const auto findings =
        judged(read_one(sample("client-notification")), [](Dlv& d) { d.notification_reason = 0xC004F00F; });
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].shown_windows_code() == 0xC004F00F);
    CHECK(findings[0].target == "saved.txt");
}

TEST_CASE("dlv findings: an error line is explained by the table of codes, once a code", "[check][dlv]") {
    const auto findings = judged(client(), [](Dlv& d) { d.error_codes = {0xC004F038, 0xC004F038, 0xC004EEEE}; });
    REQUIRE(findings.size() == 2);
    CHECK(findings[0].shown_windows_code() == 0xC004EEEE);
    CHECK(findings[0].evidence == std::vector<std::string>{"no public table has this code"});
    CHECK(findings[1].shown_windows_code() == 0xC004F038);
    CHECK(findings[1].evidence.front().find("SL_E_VL_NOT_ENOUGH_COUNT") != std::string::npos);
    CHECK(findings[1].evidence.size() > 1);
}

TEST_CASE("dlv findings: an Office host needs five", "[check][dlv]") {
    Dlv dlv = host();
    dlv.application_id = *Uuid::parse("0ff1ce15-a989-479d-af46-f275c6370663");
    dlv.current_count = 5;
    CHECK(judged(dlv).empty());
    dlv.current_count = 4;
    CHECK(ids_of(judged(dlv)) == Ids{"KMS-COUNT-LOW"});
}

TEST_CASE("dlv findings: products without a key are left out of /dlv all, unless none has one", "[check][dlv]") {
    auto products = read_all(sample("all-products"));
    CHECK(check_saved_dlv(products, "x").empty());
    products.resize(1);
    CHECK(ids_of(check_saved_dlv(products, "x")) == Ids{"KMS-CLIENT-NO-KEY"});
    CHECK(check_dlv(products[0], "x").empty());
}

TEST_CASE("dlv findings: what is not known is not judged", "[check][dlv]") {
    CHECK(judged(Dlv{}).empty());
    CHECK(judged(Dlv{}, nullptr, DlvRole::client).empty());
    CHECK(judged(Dlv{}, nullptr, DlvRole::host).empty());
    CHECK(judged(client(), [](Dlv& d) { d.license_status = slmgr::Fact<LicenseStatus>::unknown("x"); }).empty());
    CHECK(judged(client(), [](Dlv& d) { d.activation_id = {}; }).empty());
}

TEST_CASE("dlv findings: the most important comes first", "[check][dlv]") {
    const auto findings = judged(client(), [](Dlv& d) {
        d.error_codes = {0xC004F074};
        d.host_caching = false;
        days_left<100>(d);
    });
    REQUIRE(findings.size() == 3);
    CHECK(findings[0].rule == &rule::slmgr_error);
    CHECK(findings[1].rule == &rule::client_renewal_overdue);
    CHECK(findings[2].rule == &rule::client_no_cache);
}

}  // namespace
}  // namespace diag::check
