// Saved output of each kind, in English, German and Japanese: the same machine gives the same facts.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "libdiag/base/saved_text.h"
#include "tests/slmgr/samples.h"
#include "tests/support/exact_buffer.h"

namespace diag::slmgr {
namespace {

using test::kind_sample;
using test::read_all;
using test::read_one;
using Source = KmsMachine::Source;

Uuid id(std::string_view text) { return *Uuid::parse(text); }

// What is written in the language, or the date format, of the machine.
std::vector<Dlv> without_words(std::vector<Dlv> products) {
    for (Dlv& dlv : products) {
        dlv.trusted_time = {};
        dlv.expires = {};
        dlv.overriding_host = {};
        if (dlv.kms_ip && dlv.kms_ip->find('.') == std::string::npos) dlv.kms_ip = {};
    }
    return products;
}

TEST_CASE("read_saved: German and Japanese output gives the facts of the English one", "[slmgr]") {
    for (const std::string& name : test::names_in_three_languages()) {
        const auto english = without_words(read_all(kind_sample(name + "-en")));
        for (const std::string& other : {name + "-de", name + "-ja"}) {
            CAPTURE(other);
            CHECK(without_words(read_all(kind_sample(other))) == english);
        }
    }
}

TEST_CASE("read_saved: nothing of the samples stays unknown", "[slmgr]") {
    for (const std::string& name : test::kind_names()) {
        CAPTURE(name);
        for (const Dlv& dlv : read_all(kind_sample(name))) CHECK(dlv.unknown_line_count == 0);
    }
}

TEST_CASE("read_saved: code pages 932, 850 and 1252 and UTF-16 give what UTF-8 gives", "[slmgr]") {
    CHECK(read_all(kind_sample("dlv-fixed-host-ja-utf16")) == read_all(kind_sample("dlv-fixed-host-ja")));
    for (const std::string name : {"dlv-fixed-host", "several"}) {
        CAPTURE(name);
        CHECK(without_words(read_all(kind_sample(name + "-ja-cp932"))) ==
              without_words(read_all(kind_sample(name + "-ja"))));
        CHECK(read_all(kind_sample(name + "-de-cp1252")) == read_all(kind_sample(name + "-de")));
        CHECK(read_all(kind_sample(name + "-de-cp850")) == read_all(kind_sample(name + "-de")));
    }
}

TEST_CASE("read_saved: the content tells which program printed it", "[slmgr]") {
    const std::pair<std::string, SavedKind> expected[] = {
        {"dlv-licensed", SavedKind::dlv},         {"dlv-host", SavedKind::dlv},
        {"dli-licensed", SavedKind::dli},         {"dli-notification", SavedKind::dli},
        {"ato-success", SavedKind::ato},          {"ato-error", SavedKind::ato},
        {"ato-failed", SavedKind::ato},           {"xpr-licensed", SavedKind::xpr},
        {"xpr-notification", SavedKind::xpr},     {"oslicense", SavedKind::objects},
        {"dstatus-licensed", SavedKind::dstatus},
    };
    for (const auto& [name, kind] : expected) {
        for (const std::string_view language : {"en", "de", "ja"}) {
            CAPTURE(name, language);
            CHECK(read_one(kind_sample(fmt::format("{}-{}", name, language))).kind == kind);
        }
    }
    CHECK(read_one(kind_sample("act-error")).kind == SavedKind::ato);
    CHECK(read_one(kind_sample("act-success")).kind == SavedKind::ato);
    CHECK(read_all(kind_sample("objects-licensed")).front().kind == SavedKind::objects);
}

TEST_CASE("read_saved: a Japanese client has all that the English one shows", "[slmgr]") {
    const Dlv dlv = read_one(kind_sample("dlv-fixed-host-ja"));
    CHECK(dlv.service_version.is("10.0.19041.3996"));
    CHECK(dlv.name.is("Windows(R), Enterprise edition"));
    CHECK(dlv.license_status.is(LicenseStatus::licensed));
    CHECK(dlv.volume_expiration_minutes.is(216000));
    CHECK(dlv.windows_rearm_count.is(1001));
    CHECK(dlv.sku_rearm_count.is(1001));
    CHECK(dlv.trusted_time.is("2026/11/24 9:15:02"));
    CHECK(dlv.activation_type.is(ActivationType::kms));
    CHECK(dlv.client_machine_id.is(id("6c2f9a11-0f0e-4b52-9a3c-5d2b7e7f0a01")));
    CHECK(dlv.lookup_domain.is("branch.corp.example"));
    CHECK(dlv.kms_machine.is({Source::registered, "kms-old.corp.example", 1689}));
    CHECK(dlv.host_extended_pid.is("03612-00206-471-111111-03-1033-17763.0000-2822018"));
    CHECK(dlv.activation_interval_minutes.is(120));
    CHECK(dlv.renewal_interval_minutes.is(10080));
    CHECK(dlv.host_caching.is(false));
}

TEST_CASE("read_saved: a German host has its settings and counters in their order", "[slmgr]") {
    const Dlv dlv = read_one(kind_sample("dlv-host-de"));
    CHECK(is_kms_host(dlv));
    CHECK(dlv.license_status.is(LicenseStatus::licensed));
    CHECK(dlv.host_enabled.is(true));
    CHECK(dlv.current_count.is(50));
    CHECK(dlv.listening_port.is(1700));
    CHECK(dlv.dns_publishing.is(false));
    CHECK(dlv.priority.is(Priority::low));
    CHECK(dlv.total_requests.is(4123));
    CHECK(dlv.failed_requests.is(12));
    CHECK(dlv.unlicensed_requests.is(85));
    CHECK(dlv.licensed_requests.is(3980));
    CHECK(dlv.initial_grace_requests.is(40));
    CHECK(dlv.expired_requests.is(2));
    CHECK(dlv.non_genuine_requests.is(0));
    CHECK(dlv.notification_requests.is(16));
}

TEST_CASE("read_saved: an Active Directory object is read in Japanese", "[slmgr]") {
    const Dlv dlv = read_one(kind_sample("dlv-ad-ja"));
    CHECK(dlv.ad_object_name.is("Corp activation 2022"));
    CHECK(dlv.ad_object_dn.is("CN=Corp activation 2022,CN=Activation Objects,CN=Microsoft SPP,DC=corp,DC=example"));
    CHECK(dlv.ad_extended_pid.is("03612-04573-000-012345-03-1033-20348.0000-0502026"));
    CHECK(dlv.ad_activation_id.is(id("661f7658-7035-4b4c-9f35-010682943ec2")));
    CHECK(dlv.client_machine_id.is_absent());
}

TEST_CASE("read_saved: /ato tells success, a code and a failure without one", "[slmgr]") {
    for (const std::string language : {"-en", "-de", "-ja"}) {
        CAPTURE(language);
        const Dlv success = read_one(kind_sample("ato-success" + language));
        CHECK(success.attempt.is(AttemptEnd::activated));
        CHECK(success.name.is("Windows(R), Enterprise edition"));
        CHECK(success.activation_id.is(id("73111121-5638-40f6-bc11-f1d7b0d64300")));
        const Dlv error = read_one(kind_sample("ato-error" + language));
        CHECK(error.attempt.is_absent());
        CHECK(error.error_codes == std::vector<std::uint32_t>{0xC004F074});
        const Dlv bare = read_one(kind_sample("ato-error-without-text" + language));
        CHECK(bare.error_codes == std::vector<std::uint32_t>{0x8007232B});
        CHECK(read_one(kind_sample("ato-failed" + language)).attempt.is(AttemptEnd::failed));
    }
    CHECK(read_one(kind_sample("act-error")).error_codes == std::vector<std::uint32_t>{0xC004F038});
    CHECK(read_one(kind_sample("act-success")).attempt.is(AttemptEnd::activated));
}

TEST_CASE("read_saved: an attempt whose end is not there is no success", "[slmgr]") {
    const std::string start = "Windows(R), Enterprise edition (73111121-5638-40f6-bc11-f1d7b0d64300) ";
    for (const std::string rest :
         {"...", "...\n\nC:\\Windows\\System32>", "wird aktiviert", "wird\naktiviert...", "...\nPS C:\\> "}) {
        CAPTURE(rest);
        CHECK(read_one(start + rest + "\n").attempt.is_absent());
    }
    CHECK(read_one(start + "wird\naktiviert...\nDas Produkt wurde erfolgreich aktiviert.\n")
              .attempt.is(AttemptEnd::activated));
}

TEST_CASE("read_saved: a code that is no failure, and a status behind success, are no other end", "[slmgr]") {
    const std::string start = "Windows(R), Enterprise edition (73111121-5638-40f6-bc11-f1d7b0d64300) ...\n";
    CHECK(read_one(start + "Run 'slui.exe 0x2a 0x5' to display the error text.\n").attempt.is_absent());
    CHECK(read_one(start + "Run 'slui.exe' to go online.\n").attempt.is(AttemptEnd::non_genuine));
    const Dlv extended = read_one(start + "製品は正常にライセンス認証されました。\nライセンスの状態: 延長猶予期間\n");
    CHECK(extended.attempt.is(AttemptEnd::activated));
    CHECK(extended.license_status.is(LicenseStatus::extended_grace));
}

TEST_CASE("read_saved: a label that is the same as in English does not hide the name above it", "[slmgr]") {
    std::string text = kind_sample("dlv-all-ja");
    const std::string_view label = "説明: ";
    for (std::size_t at = text.find(label); at != std::string::npos; at = text.find(label, at))
        text.replace(at, label.size(), "Description : ");
    CHECK(without_words(read_all(text)) == without_words(read_all(kind_sample("dlv-all-en"))));
}

TEST_CASE("read_saved: /xpr tells status and end", "[slmgr]") {
    const Dlv licensed = read_one(kind_sample("xpr-licensed-en"));
    CHECK(licensed.license_status.is(LicenseStatus::licensed));
    CHECK(licensed.expires.is("5/19/2027 9:15:02 AM"));
    CHECK(read_one(kind_sample("xpr-licensed-de")).expires.is("19.05.2027 09:15:02"));
    CHECK(read_one(kind_sample("xpr-licensed-ja")).expires.is("2027/05/19 9:15:02"));
    CHECK(read_one(kind_sample("xpr-permanent-ja")).license_status.is(LicenseStatus::licensed));
    CHECK(read_one(kind_sample("xpr-permanent-ja")).expires.is_absent());
    CHECK(read_one(kind_sample("xpr-grace-de")).license_status.is(LicenseStatus::initial_grace));
    CHECK(read_one(kind_sample("xpr-lost-ja")).license_status.is(LicenseStatus::additional_grace));
    CHECK(read_one(kind_sample("xpr-notification-de")).license_status.is(LicenseStatus::notification));
}

TEST_CASE("read_saved: /xpr in words that are not known leaves the status unknown, and keeps the date", "[slmgr]") {
    const Dlv dlv = read_one("Windows(R), Enterprise edition:\n    La klavo finas 19.05.2027 09:15:02\n");
    CHECK(dlv.license_status.is_unknown());
    CHECK(dlv.expires.is("19.05.2027 09:15:02"));
}

TEST_CASE("read_saved: ospp.vbs shows the host from DNS and the one that is set by hand", "[slmgr]") {
    const Dlv plain = read_one(kind_sample("dstatus-licensed-en"));
    CHECK(plain.activation_id.is(id("fbdb3e18-a8ef-4fb3-9183-dffd60bd0984")));
    CHECK(plain.name.is("Office 21, Office21ProPlus2021VL_KMS_Client_AE edition"));
    CHECK(has_client_channel(plain));
    CHECK(plain.partial_key.is("6F7TH"));
    CHECK(plain.license_status.is(LicenseStatus::licensed));
    CHECK(plain.volume_expiration_minutes.is(256320));
    CHECK(plain.kms_machine.is({Source::dns, "kms01.corp.example", 1688}));
    CHECK(plain.cached_machine.is_absent());
    CHECK(plain.activation_type.is(ActivationType::all));
    CHECK(plain.activation_interval_minutes.is(120));
    CHECK(plain.renewal_interval_minutes.is(10080));
    CHECK(plain.host_caching.is(true));
    CHECK(plain.error_codes.empty());

    const auto products = read_all(kind_sample("dstatus-override-ja"));
    REQUIRE(products.size() == 2);
    CHECK(products[0].kms_machine.is({Source::registered, "kms-old.corp.example", 1688}));
    CHECK(products[0].cached_machine.is({Source::dns, "kms01.corp.example", 1688}));
    CHECK(products[0].host_caching.is(false));
    CHECK(products[1].license_status.is(LicenseStatus::notification));
    CHECK(products[1].notification_reason.is(0xC004F009));
    CHECK(products[1].kms_machine.is(KmsMachine{}));
}

TEST_CASE("read_saved: objects of CIM classes give what /dlv shows", "[slmgr]") {
    const auto products = read_all(kind_sample("objects-licensed"));
    REQUIRE(products.size() == 2);
    const Dlv dlv_text = read_one(kind_sample("dlv-licensed-en"));
    const Dlv& dlv = products[0];
    CHECK(dlv.name == dlv_text.name);
    CHECK(dlv.description == dlv_text.description);
    CHECK(dlv.activation_id == dlv_text.activation_id);
    CHECK(dlv.application_id == dlv_text.application_id);
    CHECK(dlv.extended_pid == dlv_text.extended_pid);
    CHECK(dlv.partial_key == dlv_text.partial_key);
    CHECK(dlv.license_status == dlv_text.license_status);
    CHECK(dlv.volume_expiration_minutes == dlv_text.volume_expiration_minutes);
    CHECK(dlv.kms_machine == dlv_text.kms_machine);
    CHECK(dlv.kms_ip == dlv_text.kms_ip);
    CHECK(dlv.host_extended_pid == dlv_text.host_extended_pid);
    CHECK(dlv.activation_type == dlv_text.activation_type);
    CHECK(dlv.evaluation_end.is_absent());
    CHECK(dlv.current_count.is_absent());
    CHECK(products[1].not_in_use.is(true));

    const Dlv listed = read_one(kind_sample("objects-properties"));
    CHECK(listed.license_status.is(LicenseStatus::notification));
    CHECK(listed.notification_reason.is(0xC004F009));
}

TEST_CASE("read_saved: a list of objects gives what their JSON gives", "[slmgr]") {
    const auto without_time = [](std::vector<Dlv> products) {
        for (Dlv& dlv : products) dlv.trusted_time = {};
        return products;
    };
    for (const std::string name : {"licensed", "host"}) {
        CAPTURE(name);
        CHECK(without_time(read_all(kind_sample("objects-list-" + name))) ==
              without_time(read_all(kind_sample("objects-" + name))));
    }
    const Dlv dlv = read_one(
        "PS> Get-CimInstance SoftwareLicensingProduct | fl\n\n"
        "Description         : Windows(R) Operating System, \n"
        "                      VOLUME_KMSCLIENT channel\n"
        "LicenseStatus       : 5\nLicenseStatusReason : 3221549065\nPartialProductKey   : 22222\n"
        "EvaluationEndDate   : 12/31/1600 4:00:00 PM\n\n");
    CHECK(dlv.description.is("Windows(R) Operating System, VOLUME_KMSCLIENT channel"));
    CHECK(dlv.notification_reason.is(0xC004F009));
    CHECK(dlv.partial_key.is("22222"));
    CHECK(dlv.evaluation_end.is_absent());
}

TEST_CASE("read_saved: lists of other objects are no licensing", "[slmgr]") {
    CHECK_FALSE(read_saved(bytes_of("\nName        : sppsvc\nStatus      : Running\nDescription : a service\n\n")));
    CHECK(read_all("\nName   : sppsvc\nStatus : Running\n\n" + kind_sample("objects-list-host")) ==
          read_all(kind_sample("objects-list-host")));
    CHECK(read_all(kind_sample("objects-list-host") + kind_sample("dli-notification-ja")).size() == 2);
}

TEST_CASE("read_saved: what the service says belongs to each product of the machine", "[slmgr]") {
    const auto products = read_all(kind_sample("objects-service"));
    REQUIRE(products.size() == 2);
    for (const Dlv& dlv : products) {
        CHECK(dlv.client_machine_id.is(id("6c2f9a11-0f0e-4b52-9a3c-5d2b7e7f0a01")));
        CHECK(dlv.service_version.is("10.0.19041.3996"));
        CHECK(dlv.host_caching.is(true));
    }
    CHECK(products[1].kms_machine.is({Source::registered, "kms-old.corp.example", 1690}));

    const Dlv host = read_one(kind_sample("objects-host"));
    const Dlv host_text = read_one(kind_sample("dlv-host-en"));
    CHECK(host.current_count == host_text.current_count);
    CHECK(host.listening_port == host_text.listening_port);
    CHECK(host.dns_publishing == host_text.dns_publishing);
    CHECK(host.priority == host_text.priority);
    CHECK(host.total_requests == host_text.total_requests);
    CHECK(host.notification_requests == host_text.notification_requests);
}

TEST_CASE("read_saved: the module OSLicense gives status and host, with words in place of numbers", "[slmgr]") {
    const Dlv dlv = read_one(kind_sample("oslicense-ja"));
    CHECK(dlv.license_status.is(LicenseStatus::notification));
    CHECK(dlv.notification_reason.is(0xC004F009));
    CHECK(dlv.remaining_minutes.is_absent());
    CHECK(dlv.kms_machine.is({Source::registered, "kms-old.corp.example", 1688}));
    CHECK(dlv.current_count.is_absent());
}

TEST_CASE("read_saved: several outputs in one file follow each other, text and JSON", "[slmgr]") {
    const auto products = read_all(kind_sample("several-ja"));
    REQUIRE(products.size() == 3);
    CHECK(products[0].kind == SavedKind::dlv);
    CHECK(products[1].kind == SavedKind::ato);
    CHECK(products[1].error_codes == std::vector<std::uint32_t>{0xC004F074});
    CHECK(products[2].kind == SavedKind::xpr);
    const auto mixed = read_all(kind_sample("dlv-fixed-host-de") +
                                "\nPS C:\\> Get-CimInstance SoftwareLicensingProduct | ConvertTo-Json\n" +
                                kind_sample("objects-licensed") + kind_sample("dli-notification-ja"));
    REQUIRE(mixed.size() == 4);
    CHECK(mixed[0].kind == SavedKind::dlv);
    CHECK(mixed[1].kind == SavedKind::objects);
    CHECK(mixed[3].kind == SavedKind::dli);
    CHECK(mixed[3].name.is("Windows(R), Professional edition"));
}

// Every label becomes a word of no language; acronyms stay, as they do in translations.
std::string with_made_up_labels(std::string text) {
    std::string out;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::string_view line = take_line(rest);
        const std::size_t colon = line.find(": ");
        const std::string_view label = line.substr(0, colon == std::string_view::npos ? 0 : colon);
        std::string made_up = "Qwrt";
        for (const std::string_view acronym : {"CMID", "DNS", "SRV", "IP "})
            if (label.find(acronym) != std::string_view::npos) made_up += fmt::format(" {}", acronym);
        out += colon == std::string_view::npos ? fmt::format("{}\n", line)
                                               : fmt::format("{}{}\n", made_up, line.substr(colon));
    }
    return out;
}

TEST_CASE("read_saved: labels of no language lose nothing", "[slmgr]") {
    for (const std::string& name : test::names_in_three_languages()) {
        if (!name.starts_with("dlv") && !name.starts_with("dli")) continue;
        for (const std::string language : {"-en", "-ja"}) {
            CAPTURE(name, language);
            const std::string text = kind_sample(name + language);
            CHECK(without_words(read_all(with_made_up_labels(text))) == without_words(read_all(text)));
        }
    }
}

TEST_CASE("read_saved: a status in words that are not known follows from the other lines", "[slmgr]") {
    const auto status = [](const std::string& name, const std::string& word) {
        std::string text = kind_sample(name);
        const std::string_view label = "ライセンスの状態: ";
        const std::size_t at = text.find(label) + label.size();
        text.replace(at, text.find('\n', at) - at, word);
        return read_one(text);
    };
    CHECK(status("dlv-licensed-ja", "Permesita").license_status.is(LicenseStatus::licensed));
    CHECK(status("dlv-licensed-ja", "Permesita").volume_expiration_minutes.is(253440));
    CHECK(status("dlv-notification-ja", "Sciigo").license_status.is(LicenseStatus::notification));
    CHECK(status("dlv-unlicensed-ja", "Senpermesa").license_status.is(LicenseStatus::unlicensed));
    // Which grace period it is, nothing else says.
    CHECK(status("dlv-grace-ja", "Indulgo").license_status.is_unknown());
    CHECK(status("dlv-grace-ja", "Indulgo").remaining_minutes.is(40000));
}

TEST_CASE("read_saved: other text and JSON is refused in one line", "[slmgr]") {
    for (const std::string text :
         {"{\"a\": 1}", "[1, 2, {\"Name\": \"x\", \"ID\": \"y\"}]", "{\"LicenseStatus\": 1", "[[[[", "{]",
          "2026-11-24 sppsvc failed with 0xC004F074 on pc17\n",
          "The files (73111121-5638-40f6-bc11-f1d7b0d64300) are gone.\n", "LICENSE\n=======\nall rights reserved.\n",
          "Error: file not found\nFehler: Datei nicht gefunden\n",
          "Error code: 0x80070005\nError code: 0x80070005\nProduct ID: 7\n", "Error: copy failed with 0x80070005\n",
          "--- notes ---\n--- end ---\n"}) {
        CAPTURE(text);
        const auto result = read_saved(bytes_of(text));
        REQUIRE_FALSE(result);
        CHECK(result.error().find('\n') == std::string::npos);
    }
    const std::string deep = std::string(1000, '[') + std::string(1000, ']');
    CHECK_FALSE(read_saved(bytes_of(deep)));
    const std::string many(limits::file_size / 4, '[');
    CHECK_FALSE(read_saved(bytes_of(many)));
    std::string lines;
    for (int i = 0; i < 30'000; ++i) lines += "[\n";
    CHECK_FALSE(read_saved(bytes_of(lines)));
}

TEST_CASE("read_saved: every prefix of a sample of each kind is read or refused", "[slmgr]") {
    for (const std::string name :
         {"dlv-fixed-host-ja-cp932", "dlv-host-de", "dli-licensed-ja", "several-de-cp1252", "xpr-grace-ja",
          "ato-failed-de", "dstatus-override-ja", "act-error", "oslicense-ja", "objects-host"}) {
        CAPTURE(name);
        const std::string whole = kind_sample(name);
        for (std::size_t n = 0; n <= whole.size(); ++n) {
            const diag::test::ExactBuffer cut{bytes_of(whole), n};
            const auto result = read_saved(cut);
            if (!result && result.error().empty()) FAIL("at " << n);
        }
    }
}

TEST_CASE("read_saved: output with lines missing is read or refused", "[slmgr]") {
    std::mt19937 random{20261124};
    for (const std::string& name : test::kind_names()) {
        CAPTURE(name);
        const std::string whole = kind_sample(name);
        const std::size_t product_count = read_all(whole).size();
        for (int round = 0; round < 20; ++round) {
            std::string text;
            std::string_view rest = whole;
            while (!rest.empty()) {
                const std::string_view before = rest;
                take_line(rest);
                if (random() % 6 != 0) text += before.substr(0, before.size() - rest.size());
            }
            const auto result = read_saved(bytes_of(text));
            if (result && result->products.size() > product_count + 1) FAIL(text);
        }
    }
}

}  // namespace
}  // namespace diag::slmgr
