#include <fmt/format.h>
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <regex>

#include "libdiag/base/saved_text.h"
#include "libdiag/check/dlv_findings.h"
#include "libdiag/check/event_findings.h"
#include "libdiag/check/event_join.h"
#include "libdiag/check/rules.h"
#include "libdiag/redact/log_pseudonyms.h"
#include "libdiag/redact/saved_pseudonyms.h"
#include "libdiag/slmgr/dlv_lines.h"
#include "tests/support/vectors.h"

using namespace diag;
using redact::Pseudonyms;

namespace {

const Pseudonyms& pseudonyms() {
    static const Pseudonyms shared{bytes_of("facts")};
    return shared;
}

// What a report says, without its names: ids and codes of the findings, in their order.
std::vector<std::string> ids_of(const std::vector<check::Finding>& findings) {
    std::vector<std::string> out;
    for (const auto& f : findings)
        out.push_back(
            fmt::format("{} {:08X} {:08X}", f.rule->id, f.windows_code.value_or(0), f.inner_code.value_or(0)));
    return out;
}

std::string text_of(const std::vector<check::Finding>& findings) {
    std::string out;
    for (const auto& f : findings) {
        out += f.title + "\n" + f.target + "\n";
        for (const auto* list : {&f.evidence, &f.own_remedy})
            for (const std::string& line : *list) out += line + "\n";
    }
    return out;
}

bool has_word(const std::string& text, const std::string& word) {
    const auto is_same = [](char a, char b) { return std::tolower(a) == std::tolower(b); };
    return std::search(text.begin(), text.end(), word.begin(), word.end(), is_same) != text.end();
}

struct Place {
    std::string path, content;
};

// Files of the repository below this folder.
std::vector<Place> files_in(const std::string& folder, const std::string& prefix) {
    std::vector<Place> out;
    const auto root = std::filesystem::path{DIAG_SOURCE_DIR};
    for (const auto& entry : std::filesystem::recursive_directory_iterator{root / folder}) {
        if (!entry.is_regular_file() || !entry.path().filename().string().starts_with(prefix)) continue;
        const std::string path = std::filesystem::relative(entry.path(), root).string();
        out.push_back({path, test::read_repository_file(path)});
    }
    REQUIRE(out.size() > 10);
    return out;
}

// Names, addresses and ids as they stand in the file, by their looks alone: names in the domains that samples have,
// addresses, ids with four groups of digits, ePIDs.
std::vector<std::string> originals_in(const std::string& text, const std::vector<std::string>& ids) {
    std::vector<std::string> out = ids;
    const std::regex looks{R"([A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.(test|example|com|local|net|org)\b)"
                           R"(|\b\d{1,3}(\.\d{1,3}){3}\b|\b\d{5}-\d{5}-\d{3}-\d{6}-\d\d-\d+-\d+\.\d{4}-\d{7}\b)"};
    for (std::sregex_iterator at{text.begin(), text.end(), looks}, end; at != end; ++at) out.push_back(at->str());
    std::erase_if(out, [](const std::string& s) { return s.find("microsoft") != std::string::npos; });
    return out;
}

}  // namespace

TEST_CASE("saved output: findings stay and none of the names is left in them", "[redact]") {
    std::size_t original_count = 0;
    for (const std::string folder : {"tests/slmgr/samples", "tests/scenarios"}) {
        for (const auto& [path, content] : files_in(folder, folder == "tests/scenarios" ? "saved-" : "")) {
            const auto saved = slmgr::read_saved(bytes_of(content));
            if (!saved) continue;
            CAPTURE(path);
            std::vector<std::string> ids;
            for (const auto& dlv : saved->products)
                if (dlv.client_machine_id) ids.push_back(to_string(*dlv.client_machine_id));
            const auto before = check::check_saved(*saved, "file");
            const auto after = check::check_saved(redact::redacted(*saved, pseudonyms()), "file");
            CHECK(ids_of(after) == ids_of(before));
            const std::string said = text_of(before), says = text_of(after);
            for (const std::string& original : originals_in(content, ids)) {
                INFO(original);
                original_count += has_word(said, original) ? 1U : 0U;
                CHECK_FALSE(has_word(says, original));
            }
        }
    }
    CHECK(original_count > 30);  // so that their absence means something
}

TEST_CASE("saved output: no text of a machine is left, but for products, versions and dates", "[redact]") {
    constexpr std::string_view mark = "Contoso-HQ7";
    slmgr::Dlv dlv;
    std::vector<std::string> kept;
    for (const slmgr::Line& line : slmgr::all_lines())
        if (const auto* text = std::get_if<slmgr::TextValue>(&line.value)) dlv.*text->member = std::string{mark};
    dlv.expires = std::string{mark};
    const auto after = redact::redacted(slmgr::SavedOutput{{dlv}}, pseudonyms()).products.front();
    for (const slmgr::Line& line : slmgr::all_lines()) {
        const auto* text = std::get_if<slmgr::TextValue>(&line.value);
        if (text != nullptr && (after.*text->member).is(std::string{mark})) kept.emplace_back(line.key);
    }
    CHECK(kept == std::vector<std::string>{"service_version", "name", "description", "product_key_channel",
                                           "evaluation_end", "trusted_time", "vm_activation_time"});
}

TEST_CASE("saved output: a value that nobody could read is left out", "[redact]") {
    slmgr::Dlv dlv;
    dlv.license_status = slmgr::Fact<slmgr::LicenseStatus>::unknown("secret of contoso");
    dlv.kms_machine = slmgr::Fact<slmgr::KmsMachine>::unknown("secret of contoso");
    dlv.lookup_domain = slmgr::Fact<std::string>::unknown("secret of contoso");
    const auto after = redact::redacted(slmgr::SavedOutput{{dlv}}, pseudonyms()).products.front();
    CHECK(after.license_status.is_unknown());
    CHECK(after.license_status.reason() == "left out");
    CHECK(after.kms_machine.reason() == "left out");
    CHECK(after.lookup_domain.reason() == "left out");
}

TEST_CASE("saved output: hosts, machine ids and ePIDs have the pseudonyms of captures", "[redact]") {
    const Uuid id = Uuid::parse("3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13").value();
    constexpr std::string_view host_epid = "03612-00206-551-000000-03-1033-17763.0000-2822018";
    slmgr::Dlv dlv;
    dlv.client_machine_id = id;
    dlv.kms_machine = slmgr::KmsMachine{slmgr::KmsMachine::Source::registered, "192.0.2.10", 1688};
    dlv.cached_machine = slmgr::KmsMachine{slmgr::KmsMachine::Source::dns, "KMS01.contoso.com", 1688};
    dlv.kms_ip = std::string{"192.0.2.10"};
    dlv.host_extended_pid = std::string{host_epid};
    dlv.ad_object_dn = std::string{"CN=Activation Objects,DC=contoso,DC=com"};
    dlv.partial_key = std::string{"XXXX9"};
    const auto after = redact::redacted(slmgr::SavedOutput{{dlv}}, pseudonyms()).products.front();
    CHECK(*after.client_machine_id == pseudonyms().machine_id(id));
    CHECK(after.kms_machine->host == to_string(pseudonyms().address(*IpAddress::parse("192.0.2.10"))));
    CHECK(*after.kms_ip == after.kms_machine->host);
    CHECK(after.cached_machine->host == pseudonyms().name("KMS01.contoso.com"));
    CHECK(*after.host_extended_pid == pseudonyms().epid(host_epid));
    CHECK(*after.ad_object_dn == "CN=" + pseudonyms().label("Activation Objects") +
                                     ",DC=" + pseudonyms().label("contoso") + ",DC=" + pseudonyms().label("com"));
    CHECK(*after.partial_key != "XXXX9");
    dlv.kms_ip = std::string{"not available"};
    CHECK(redact::redacted(slmgr::SavedOutput{{dlv}}, pseudonyms()).products.front().kms_ip.is("not available"));
}

TEST_CASE("event logs: findings and joins stay and none of the names is left in them", "[redact]") {
    std::size_t original_count = 0;
    for (const auto& [path, content] : files_in("tests/scenarios", "events-")) {
        CAPTURE(path);
        if (path.ends_with(".evtx")) continue;  // read by another layer
        const auto log = windows::read_events(bytes_of(content));
        REQUIRE(log);
        const std::vector<windows::KmsLog> logs{windows::kms_log(*log, "log")};
        const std::vector<windows::KmsLog> redacted{redact::redacted(logs.front(), pseudonyms())};
        const auto joined = check::join_events(logs), after = check::join_events(redacted);
        REQUIRE(after.clients.size() == joined.clients.size());
        std::vector<std::string> ids;
        for (std::size_t i = 0; i < joined.clients.size(); ++i) {
            CHECK(after.clients[i].steps.size() == joined.clients[i].steps.size());
            // One that no event names has the name of its log.
            const std::string& name = joined.clients[i].name;
            CHECK(after.clients[i].name == (name == "log" ? name : pseudonyms().host(name)));
            if (joined.clients[i].client_machine_id) ids.push_back(to_string(*joined.clients[i].client_machine_id));
        }
        const auto before_findings = check::check_events(joined), after_findings = check::check_events(after);
        CHECK(ids_of(after_findings) == ids_of(before_findings));
        const std::string said = text_of(before_findings), says = text_of(after_findings);
        for (const std::string& original : originals_in(content, ids)) {
            INFO(original);
            original_count += has_word(said, original) ? 1U : 0U;
            CHECK_FALSE(has_word(says, original));
        }
    }
    CHECK(original_count > 30);
}

TEST_CASE("event logs: every text of an event is replaced or dropped", "[redact]") {
    constexpr std::string_view mark = "host7.contoso.com";
    const std::string text{mark};
    windows::KmsLog log{.name = "mine.evtx"};
    log.events.push_back({.event_id = 12288, .computer = text, .body = windows::RequestSent{.host = text}});
    log.events.push_back(
        {.event_id = 12290, .computer = text, .body = windows::RequestProcessed{.machine_name = text}});
    log.events.push_back({.event_id = 8198, .computer = text, .body = windows::ActivationFailed{.trigger = text}});
    log.events.push_back({.event_id = 8198, .body = windows::ActivationFailed{.trigger = "UserLogon"}});
    log.events.push_back({.event_id = 12294, .body = windows::Publication{.domain = text, .computer = text}});
    const auto after = redact::redacted(log, pseudonyms());
    const std::string name = pseudonyms().name(mark);
    CHECK(after.name == "mine.evtx");
    CHECK(after.events[0].computer == name);
    CHECK(std::get<windows::RequestSent>(after.events[0].body).host == name);
    CHECK(std::get<windows::RequestProcessed>(after.events[1].body).machine_name == name);
    CHECK(std::get<windows::ActivationFailed>(after.events[2].body).trigger.empty());
    CHECK(std::get<windows::ActivationFailed>(after.events[3].body).trigger == "UserLogon");
    CHECK(std::get<windows::Publication>(after.events[4].body).domain == name);
    CHECK(std::get<windows::Publication>(after.events[4].body).computer == name);
    CHECK(after.events[0].event_id == 12288);
}
