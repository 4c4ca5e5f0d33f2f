#include "libdiag/slmgr/read_saved.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "libdiag/base/utf.h"
#include "tests/slmgr/samples.h"
#include "tests/support/exact_buffer.h"

namespace diag::slmgr {
namespace {

using test::read_all;
using test::read_one;
using test::sample;
using Source = KmsMachine::Source;

Uuid id(std::string_view text) { return *Uuid::parse(text); }

std::string utf16(std::string_view text, bool big_endian, bool with_mark) {
    ByteVector units = utf16le_from_utf8(text);
    if (with_mark) units.insert(units.begin(), {0xFF, 0xFE});
    for (std::size_t i = 0; big_endian && i + 1 < units.size(); i += 2) std::swap(units[i], units[i + 1]);
    return {units.begin(), units.end()};
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

TEST_CASE("read_saved: each line of a licensed client becomes its fact", "[slmgr]") {
    const Dlv dlv = read_one(sample("client-licensed"));
    CHECK(dlv.service_version.is("10.0.19041.3996"));
    CHECK(dlv.name.is("Windows(R), Enterprise edition"));
    CHECK(dlv.description.is("Windows(R) Operating System, VOLUME_KMSCLIENT channel"));
    CHECK(dlv.activation_id.is(id("73111121-5638-40f6-bc11-f1d7b0d64300")));
    CHECK(dlv.application_id.is(id("55c92734-d682-4d71-983e-d6ec3f16059f")));
    CHECK(dlv.extended_pid.is("00330-00265-000-000000-03-1033-19041.0000-1112026"));
    CHECK(dlv.product_key_channel.is("Volume:GVLK"));
    CHECK(dlv.installation_id.is("012345678901234567890123456789012345678901234567890123456789012"));
    CHECK(dlv.partial_key.is("2YT43"));
    CHECK(dlv.license_status.is(LicenseStatus::licensed));
    CHECK(dlv.volume_expiration_minutes.is(253440));
    CHECK(dlv.windows_rearm_count.is(1001));
    CHECK(dlv.sku_rearm_count.is(1001));
    CHECK(dlv.trusted_time.is("11/24/2026 9:15:02 AM"));
    CHECK(dlv.activation_type.is(ActivationType::all));
    CHECK(dlv.client_machine_id.is(id("6c2f9a11-0f0e-4b52-9a3c-5d2b7e7f0a01")));
    CHECK(dlv.kms_machine.is({Source::dns, "kms01.corp.example", 1688}));
    CHECK(dlv.kms_ip.is("192.0.2.10"));
    CHECK(dlv.host_extended_pid.is("03612-00206-471-111111-03-1033-17763.0000-2822018"));
    CHECK(dlv.activation_interval_minutes.is(120));
    CHECK(dlv.renewal_interval_minutes.is(10080));
    CHECK(dlv.host_caching.is(true));
    CHECK(dlv.unknown_line_count == 0);
    CHECK(dlv.refresh_hint.is_absent());
    CHECK(dlv.host_enabled.is_absent());
}

TEST_CASE("read_saved: a client in notification has its reason, and none of the KMS block", "[slmgr]") {
    const Dlv dlv = read_one(sample("client-notification"));
    CHECK(dlv.license_status.is(LicenseStatus::notification));
    CHECK(dlv.notification_reason.is(0xC004F009));
    CHECK(dlv.refresh_hint.is(true));
    CHECK(dlv.client_machine_id.is_absent());
    CHECK(dlv.unknown_line_count == 0);
}

TEST_CASE("read_saved: errors printed below the block are kept", "[slmgr]") {
    const Dlv dlv = read_one(sample("client-never-activated"));
    CHECK(dlv.license_status.is(LicenseStatus::unlicensed));
    CHECK(dlv.error_codes == std::vector<std::uint32_t>{0xC004F074});
}

TEST_CASE("read_saved: what was set by hand is told from what DNS gave", "[slmgr]") {
    const Dlv dlv = read_one(sample("client-fixed-host"));
    CHECK(dlv.kms_machine.is({Source::registered, "kms-old.corp.example", 1689}));
    CHECK(dlv.lookup_domain.is("branch.corp.example"));
    CHECK(dlv.kms_ip.is("not available"));
    CHECK(dlv.host_caching.is(false));
    CHECK(dlv.overriding_host.is("kms-old.corp.example:1689"));
    CHECK(dlv.activation_type.is(ActivationType::kms));
    CHECK(read_one(sample("client-no-discovery")).kms_machine.is(KmsMachine{}));
}

TEST_CASE("read_saved: a client activated by Active Directory has the four lines of its object", "[slmgr]") {
    const Dlv dlv = read_one(sample("client-ad"));
    CHECK(dlv.ad_object_name.is("Corp activation 2022"));
    CHECK(
        dlv.ad_object_dn.is("CN=Corp activation 2022,CN=Activation Objects,CN=Microsoft SPP,CN=Services,"
                            "CN=Configuration,DC=corp,DC=example"));
    CHECK(dlv.ad_extended_pid.is("03612-04573-000-012345-03-1033-20348.0000-0502026"));
    CHECK(dlv.ad_activation_id.is(id("661f7658-7035-4b4c-9f35-010682943ec2")));
    CHECK(dlv.activation_type.is(ActivationType::ad));
}

TEST_CASE("read_saved: each line of a host becomes its fact", "[slmgr]") {
    const Dlv dlv = read_one(sample("host-healthy"));
    CHECK(is_kms_host(dlv));
    CHECK(has_host_channel(dlv));
    CHECK_FALSE(has_client_channel(dlv));
    CHECK(dlv.host_enabled.is(true));
    CHECK(dlv.current_count.is(50));
    CHECK(dlv.listening_port.is(1688));
    CHECK(dlv.dns_publishing.is(true));
    CHECK(dlv.priority.is(Priority::normal));
    CHECK(dlv.total_requests.is(4123));
    CHECK(dlv.failed_requests.is(12));
    CHECK(dlv.unlicensed_requests.is(85));
    CHECK(dlv.licensed_requests.is(3980));
    CHECK(dlv.initial_grace_requests.is(40));
    CHECK(dlv.expired_requests.is(2));
    CHECK(dlv.non_genuine_requests.is(0));
    CHECK(dlv.notification_requests.is(16));
    CHECK(dlv.unknown_line_count == 0);

    const Dlv other = read_one(sample("host-publishing-disabled"));
    CHECK(other.dns_publishing.is(false));
    CHECK(other.priority.is(Priority::low));
    CHECK(other.listening_port.is(1700));
    CHECK(read_one(sample("host-unused")).current_count.is(-1));
}

TEST_CASE("read_saved: a count of -1 that was printed without its sign is -1", "[slmgr]") {
    CHECK(read_one("Name: x\nCurrent count: 4294967295\n").current_count.is(-1));
}

TEST_CASE("read_saved: each license status is read by its words, with a reason or time behind it or not", "[slmgr]") {
    const auto status = [](const std::string& words) {
        return read_one(fmt::format("Name: x\nLicense Status: {}\n", words)).license_status;
    };
    CHECK(status("Unlicensed").is(LicenseStatus::unlicensed));
    CHECK(status("Licensed").is(LicenseStatus::licensed));
    CHECK(status("Initial grace period").is(LicenseStatus::initial_grace));
    CHECK(status("Additional grace period (KMS license expired or hardware out of tolerance)")
              .is(LicenseStatus::additional_grace));
    CHECK(status("Non-genuine grace period.").is(LicenseStatus::non_genuine_grace));
    CHECK(status("Notification").is(LicenseStatus::notification));
    CHECK(status("Extended grace period").is(LicenseStatus::extended_grace));
    CHECK(status("Unknown").is(LicenseStatus::unknown));
}

TEST_CASE("read_saved: /dlv all gives one entry a product, with its own facts", "[slmgr]") {
    const auto products = read_all(sample("all-products"));
    REQUIRE(products.size() == 3);
    CHECK(products[0].not_in_use.is(true));
    CHECK(products[0].partial_key.is_absent());
    CHECK(products[0].extended_pid.is_absent());
    CHECK(products[0].kms_machine.is_absent());
    CHECK(products[1].partial_key.is("2YT43"));
    CHECK(products[1].not_in_use.is_absent());
    CHECK(products[2].application_id.is(id("0ff1ce15-a989-479d-af46-f275c6370663")));
    CHECK(products[2].app_rearm_count.is(1));
    CHECK(products[2].volume_expiration_minutes.is(250560));
    for (const Dlv& dlv : products) CHECK(dlv.unknown_line_count == 0);
}

TEST_CASE("read_saved: a version, a name or a second description begins a product", "[slmgr]") {
    const std::string a = "Description: a\nLicense Status: Licensed\n";
    CHECK(read_all(a).size() == 1);
    CHECK(read_all(a + a).size() == 2);
    CHECK(read_all(a + "Name: b\n" + a).size() == 2);
    CHECK(read_all(a + "Software licensing service version: 6.1.7601.1\n\nName: b\n" + a).size() == 2);
}

TEST_CASE("read_saved: the message box of /dli reads like the console", "[slmgr]") {
    const Dlv box = read_one(sample("dli-message-box"));
    CHECK(box.unknown_line_count == 0);
    CHECK(box.license_status.is(LicenseStatus::licensed));
    CHECK(box.kms_machine.is({Source::dns, "kms01.corp.example", 1688}));
    CHECK(box.activation_id.is_absent());
}

TEST_CASE("read_saved: a machine without a product key is no unreadable file", "[slmgr]") {
    CHECK(read_one(sample("no-key")).product_not_found.is(true));
    CHECK(read_one("Error: product not found.").product_not_found.is(true));
}

TEST_CASE("read_saved: the encoding makes no difference", "[slmgr]") {
    const std::string text = replaced(sample("client-licensed"), "kms01", "kms-\xC3\xA4");
    const Dlv plain = read_one(text);
    CHECK(plain.kms_machine->host == "kms-\xC3\xA4.corp.example");
    CHECK(read_one("\xEF\xBB\xBF" + text) == plain);
    CHECK(read_one(replaced(text, "\n", "\r\n")) == plain);
    CHECK(read_one(replaced(text, "\n", "\r")) == plain);
    for (const bool big_endian : {false, true}) {
        for (const bool with_mark : {false, true}) {
            CAPTURE(big_endian, with_mark);
            CHECK(read_one(utf16(text, big_endian, with_mark)) == plain);
        }
    }
    CHECK(read_one(sample("client-licensed-utf16")) == read_one(sample("client-licensed")));
}

TEST_CASE("read_saved: banner, blanks and letter case make no difference", "[slmgr]") {
    const std::string text = sample("client-licensed");
    const Dlv plain = read_one(text);
    CHECK(read_one(text.substr(text.find("Software"))) == plain);
    CHECK(read_one(replaced(text, ": ", " \t:   ")) == plain);
    CHECK(read_one(replaced(text, "\n", "  \n\n   ")) == plain);
    CHECK(read_one(replaced(text, "License Status: Licensed", "LICENSE STATUS: licensed")) == plain);
    CHECK(read_one(replaced(text, "KMS machine IP", "kms Machine ip")) == plain);
}

TEST_CASE("read_saved: the layout of the samples in Microsoft's pages is read", "[slmgr]") {
    const Dlv office = read_one(sample("host-office"));
    CHECK(office.unknown_line_count == 0);
    CHECK(office.activation_id.is(id("98ebfe73-2084-4c97-932c-c0cd1643bea7")));
    CHECK(office.use_license_url.is(
        "https://activation.licence.example/SLActivateProduct/SLActivateProduct.asmx?configextension=o16"));
    CHECK(office.current_count.is(9));
    CHECK(office.licensed_requests.is(60));

    const Dlv windows_7 = read_one(sample("client-windows-7-dli"));
    CHECK(windows_7.unknown_line_count == 0);
    CHECK(windows_7.client_machine_id.is(id("4f3e2d1c-0b1a-4f2e-8d3c-4b5a69788796")));
    CHECK(windows_7.kms_ip.is_absent());
}

TEST_CASE("read_saved: lines that a console broke are put together", "[slmgr]") {
    const Dlv client = read_one(sample("client-ad-wrapped"));
    CHECK(client == read_one(sample("client-ad")));
    const Dlv host = read_one(sample("host-healthy-wrapped"));
    CHECK(host.expired_requests.is(21));
    CHECK(host.unknown_line_count == 0);
}

TEST_CASE("read_saved: a broken first line of a product leaves no unknown line behind", "[slmgr]") {
    const auto products = read_all("Name: a\nLicense Status: Licensed\nNa\nme: b\nLicense Status: Unlicensed\n");
    REQUIRE(products.size() == 2);
    CHECK(products[0].unknown_line_count == 0);
    CHECK(products[1].unknown_line_count == 0);
    CHECK(products[1].name.is("b"));
}

TEST_CASE("read_saved: lines that nobody knows are counted and change nothing else", "[slmgr]") {
    const std::string text = sample("host-healthy");
    Dlv dlv = read_one(replaced(text, "Listening on Port: 1688",
                                "Something new: 7\n    Listening on Port: 1688\n    and a sentence without a value"));
    CHECK(dlv.unknown_line_count == 2);
    dlv.unknown_line_count = 0;
    CHECK(dlv == read_one(text));
}

TEST_CASE("read_saved: a value that is not of its form is an unknown line, not a wrong fact", "[slmgr]") {
    const Dlv dlv = read_one(
        "Name: x\n"
        "Activation ID: 73111121-5638-40f6-bc11-f1d7b0d6430g\n"
        "Current count: many\n"
        "Renewal interval: 10080x minutes\n"
        "License Status: Licensedly\n"
        "Configured Activation Type: Allow\n"
        "Notification Reason: 0xC004F0099\n"
        "Total requests received: 99999999999\n"
        "Trusted time: y\n");
    CHECK(dlv.activation_id.is_absent());
    CHECK(dlv.current_count.is_absent());
    CHECK(dlv.renewal_interval_minutes.is_absent());
    CHECK(dlv.license_status.is_absent());
    CHECK(dlv.activation_type.is_absent());
    CHECK(dlv.notification_reason.is_absent());
    CHECK(dlv.total_requests.is_absent());
    CHECK(dlv.unknown_line_count == 7);
}

TEST_CASE("read_saved: labels of another language leave the facts that have a form of their own", "[slmgr]") {
    // Labels made up, as a translation would put them.
    const Dlv dlv = read_one(
        "Nomo: Windows(R), Enterprise edition\n"
        "Priskribo: Windows(R) Operating System, VOLUME_KMSCLIENT channel\n"
        "Aktiviga ID\xEF\xBC\x9A"
        "73111121-5638-40f6-bc11-f1d7b0d64300\n"
        "Aplika ID: 55c92734-d682-4d71-983e-d6ec3f16059f\n"
        "Etendita PID: 00330-00265-000-000000-03-1033-19041.0000-1112026\n"
        "Kanalo: Volume:GVLK\n"
        "Instala ID: 012345678901234567890123456789012345678901234567890123456789012\n"
        "Parta klavo: 2YT43\n"
        "Klienta masxino (CMID): 6c2f9a11-0f0e-4b52-9a3c-5d2b7e7f0a01\n"
        "KMS el DNS: kms01.corp.example:1688\n"
        "KMS IP: 192.0.2.10\n"
        "KMS PID: 03612-00206-471-111111-03-1033-17763.0000-2822018\n");
    CHECK(has_client_channel(dlv));
    CHECK(dlv.activation_id.is(id("73111121-5638-40f6-bc11-f1d7b0d64300")));
    CHECK(dlv.application_id.is(id("55c92734-d682-4d71-983e-d6ec3f16059f")));
    CHECK(dlv.extended_pid.is("00330-00265-000-000000-03-1033-19041.0000-1112026"));
    CHECK(dlv.product_key_channel.is("Volume:GVLK"));
    CHECK(dlv.installation_id->size() == 63);
    CHECK(dlv.partial_key.is("2YT43"));
    CHECK(dlv.client_machine_id.is(id("6c2f9a11-0f0e-4b52-9a3c-5d2b7e7f0a01")));
    CHECK(dlv.kms_machine->host == "kms01.corp.example");
    CHECK(dlv.kms_ip.is("192.0.2.10"));
    CHECK(dlv.host_extended_pid.is("03612-00206-471-111111-03-1033-17763.0000-2822018"));
    CHECK(dlv.name.is("Windows(R), Enterprise edition"));
    CHECK(dlv.unknown_line_count == 0);
}

TEST_CASE("read_saved: what is no output of slmgr is refused in one line", "[slmgr]") {
    const std::string prose =
        "Dear support,\nactivation fails since Monday. Name: see below.\nDescription of the trouble follows.\n";
    const std::string png = std::string{"\x89PNG\r\n\x1a\n"} + std::string(200, '\x7f');
    const std::string form = "Name: Miller\nDescription: printer is out of paper\nName: Smith\n";
    for (const std::string& text : {std::string{}, std::string{"\xFF\xFE"}, std::string{"\n\n"}, prose, form, png,
                                    std::string(5000, '\0'), std::string{"C:\\>slmgr /dlv\r\n"}}) {
        const auto result = read_saved(bytes_of(text));
        CAPTURE(text);
        REQUIRE_FALSE(result);
        CHECK(result.error().find('\n') == std::string::npos);
        CHECK(result.error().find("slmgr") != std::string::npos);
    }
}

TEST_CASE("read_saved: size, lines, line size, products and errors have their limits", "[slmgr]") {
    const std::string start = "Name: x\nLicense Status: Licensed\n";
    const std::string filler(limits::file_size - start.size(), ' ');
    CHECK(read_saved(bytes_of(start + filler)));
    CHECK_FALSE(read_saved(bytes_of(start + filler + " ")));

    const std::string lines(limits::line_count - 2, '\n');
    CHECK(read_saved(bytes_of(start + lines)));
    CHECK_FALSE(read_saved(bytes_of(start + lines + "\n")));

    std::string products;
    for (std::size_t i = 0; i < limits::product_count; ++i) products += start;
    CHECK(read_all(products).size() == limits::product_count);
    CHECK_FALSE(read_saved(bytes_of(products + start)));

    const Dlv long_line = read_one(start + "Description: " + std::string(limits::line_size, 'd'));
    CHECK(long_line.description.is_absent());
    CHECK(long_line.unknown_line_count == 1);

    std::string errors = start;
    for (std::size_t i = 0; i < 1000; ++i) errors += "Error: 0xC004F074\n";
    CHECK(read_one(errors).error_codes.size() == limits::error_count);
}

TEST_CASE("read_saved: every prefix of every sample is read or refused, and has no more products than the whole",
          "[slmgr]") {
    for (const std::string& name : test::sample_names()) {
        CAPTURE(name);
        const std::string whole = sample(name);
        const std::size_t product_count = read_all(whole).size();
        for (std::size_t n = 0; n <= whole.size(); ++n) {
            const diag::test::ExactBuffer cut{bytes_of(whole), n};
            const auto result = read_saved(cut);
            if (!result && !result.error().empty()) continue;
            if (!result || result->products.size() > product_count) FAIL("at " << n);
        }
    }
}

TEST_CASE("read_saved: hostile lines end soon", "[slmgr]") {
    std::string text = "Name: x\nLicense Status: Licensed\n";
    // Each may be the rest of the one before it, so each is tried with it.
    while (text.size() < limits::file_size - 30) text += "Requests with License Status\n";
    CHECK(read_one(text).unknown_line_count > 30'000);
    const std::string names = [] {
        std::string out = "Trusted time: x\n";
        for (std::size_t i = 1; i < limits::line_count; ++i) out += "Name:\n";
        return out;
    }();
    CHECK(read_all(names).size() == 1);
}

}  // namespace
}  // namespace diag::slmgr
