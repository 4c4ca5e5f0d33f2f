#include "libdiag/slmgr/dlv_text.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "libdiag/slmgr/dlv_lines.h"
#include "tests/slmgr/samples.h"

namespace diag::slmgr {
namespace {

using test::read_all;
using test::read_one;
using test::sample;

std::string text_of(const Dlv& dlv) {
    std::string out;
    append_dlv(out, dlv);
    return out;
}

// A saved output as append_dlv() has it: without what cscript adds and without the sentences that are in our own words.
std::string bare(std::string text) {
    text.erase(0, text.find("Software licensing"));
    return text;
}

TEST_CASE("append_dlv: gives what was read from a client, line by line", "[slmgr]") {
    for (const std::string name : {"client-licensed", "client-fixed-host", "client-no-discovery", "client-ad",
                                   "client-retail", "host-healthy", "host-unused", "host-publishing-disabled"}) {
        CAPTURE(name);
        const std::string text = bare(sample(name));
        CHECK(text_of(read_one(text)) == text);
    }
}

TEST_CASE("append_dlv: what it writes reads back as the same facts", "[slmgr]") {
    for (const std::string& name : test::sample_names()) {
        CAPTURE(name);
        const std::vector<Dlv> products = read_all(sample(name));
        std::string text;
        for (const Dlv& dlv : products) append_dlv(text, dlv);
        CHECK((read_all(text) == products));
    }
}

TEST_CASE("append_dlv: an absent fact has no line, an unknown one its reason", "[slmgr]") {
    Dlv dlv;
    dlv.name = std::string{"x"};
    dlv.installation_id = Fact<std::string>::unknown("not known from the wire");
    dlv.windows_rearm_count = Fact<std::int64_t>::unknown("not known from the wire");
    dlv.license_status = Fact<LicenseStatus>::unknown("the answer is protected");
    dlv.kms_machine = Fact<KmsMachine>::unknown("a literal address was given");
    dlv.dns_publishing = Fact<bool>::unknown("ask the host");
    const std::string text = text_of(dlv);
    CHECK(text ==
          "\n"
          "Name: x\n"
          "Installation ID: (not known from the wire)\n"
          "License Status: (the answer is protected)\n"
          "Remaining Windows rearm count: (not known from the wire)\n"
          "\n"
          "Most recent activation information:\n"
          "Key Management Service client information\n"
          "    KMS machine name from DNS: (a literal address was given)\n"
          "\n"
          "    DNS publishing (ask the host)\n");
    CHECK((read_one(text) == dlv));
}

TEST_CASE("append_dlv: days are rounded up", "[slmgr]") {
    const auto line = [](std::int64_t minutes) {
        Dlv dlv;
        dlv.remaining_minutes = minutes;
        return text_of(dlv);
    };
    CHECK(line(0) == "\nTime remaining: 0 minute(s) (0 day(s))\n");
    CHECK(line(1) == "\nTime remaining: 1 minute(s) (1 day(s))\n");
    CHECK(line(1440) == "\nTime remaining: 1440 minute(s) (1 day(s))\n");
    CHECK(line(1441) == "\nTime remaining: 1441 minute(s) (2 day(s))\n");
}

TEST_CASE("append_dlv: text of a peer cannot steer a terminal or begin a line", "[slmgr]") {
    Dlv dlv;
    dlv.name = std::string{"a\x1b[2J\nLicense Status: Licensed"};
    dlv.kms_machine = KmsMachine{KmsMachine::Source::dns, "h\x07", 1};
    const std::string text = text_of(dlv);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find('\x07') == std::string::npos);
    CHECK(text.find("\nLicense Status") == std::string::npos);
}

TEST_CASE("dlv lines: each label is told from all others, and each block is where its number says", "[slmgr]") {
    std::set<std::string_view> labels;
    for (const Line& line : all_lines()) {
        CAPTURE(line.key, line.label);
        CHECK_FALSE(line.key.empty());
        CHECK(labels.insert(line.label).second);
        for (const Line& other : all_lines()) {
            if (&other != &line) CHECK_FALSE(other.label.starts_with(line.label));
        }
    }
    for (const BlockForm& form : all_blocks()) CHECK(&form_of(form.block) == &form);
    CHECK(std::ranges::is_sorted(all_lines().first(all_lines().size() - 1), {}, &Line::block));
}

}  // namespace
}  // namespace diag::slmgr
