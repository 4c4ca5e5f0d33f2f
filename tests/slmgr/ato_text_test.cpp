#include "libdiag/slmgr/ato_text.h"

#include <catch2/catch.hpp>

#include "libdiag/proto/kms/error_codes.h"

namespace diag::slmgr {
namespace {

const Uuid enterprise = *Uuid::parse("73111121-5638-40f6-bc11-f1d7b0d64300");
const std::string first_line = "Activating Windows(R), Enterprise edition (73111121-5638-40f6-bc11-f1d7b0d64300) ...\n";

AtoText run(AtoEnd end, std::uint32_t code = 0) {
    return ato_text({end, "Windows(R), Enterprise edition", enterprise, code});
}

TEST_CASE("ato_text: success is two lines, and three with extended grace", "[slmgr]") {
    CHECK(run(AtoEnd::activated).text == first_line + "Product activated successfully.\n");
    CHECK(run(AtoEnd::activated).script_status == 0);
    const std::string extended = run(AtoEnd::activated_extended_grace).text;
    CHECK(extended == first_line + "Product activated successfully.\nLicense Status: Extended grace period\n");
}

TEST_CASE("ato_text: a code that the script knows stands with its meaning, and is the status", "[slmgr]") {
    const AtoText text = run(AtoEnd::error, 0xC004F074);
    CHECK(text.text.starts_with(first_line + "Error: 0xC004F074 "));
    CHECK(text.text.find(kms::find_error(0xC004F074)->meaning) != std::string::npos);
    CHECK(text.text.find("slui") == std::string::npos);
    CHECK(text.script_status == 0xC004F074);
}

TEST_CASE("ato_text: for a code that the script does not know it names slui.exe", "[slmgr]") {
    CHECK_FALSE(script_knows(0xC004F06C));
    const AtoText text = run(AtoEnd::error, 0xC004F06C);
    CHECK(text.text.find("Error: 0xC004F06C ") != std::string::npos);
    CHECK(text.text.find("slui.exe 0x2a 0xC004F06C") != std::string::npos);
    CHECK(text.text.find(kms::find_error(0xC004F06C)->meaning) == std::string::npos);
}

TEST_CASE("ato_text: a Win32 code is printed in decimal and means what its HRESULT means", "[slmgr]") {
    CHECK(run(AtoEnd::error, 5).text == first_line + "Error: 5 Access denied\n");
    CHECK(run(AtoEnd::error, 1460).text.find("Error: 1460 (on a Windows computer, slui.exe 0x2a 1460") !=
          std::string::npos);
}

TEST_CASE("ato_text: failures after the call show no code", "[slmgr]") {
    CHECK(run(AtoEnd::failed, 0xC004F074).text == first_line + "Error: Product activation failed.\n");
    for (const AtoEnd end : {AtoEnd::failed, AtoEnd::non_genuine_grace, AtoEnd::non_genuine_notification}) {
        const AtoText text = run(end, 0xC004F074);
        CHECK(text.text.starts_with(first_line + "Error: "));
        CHECK(text.text.find("0xC004F074") == std::string::npos);
        CHECK(text.script_status == 0);
    }
}

TEST_CASE("ato_text: without a product nothing was tried", "[slmgr]") {
    CHECK(run(AtoEnd::product_not_found).text == "Error: product not found.\n");
}

TEST_CASE("ato_text: a name from a peer cannot steer a terminal", "[slmgr]") {
    const AtoText text = ato_text({AtoEnd::activated, "x\x1b]0;y\n", enterprise, 0});
    CHECK(text.text.find('\x1b') == std::string::npos);
    CHECK(text.text.find("\\x0a (73111121") != std::string::npos);
}

}  // namespace
}  // namespace diag::slmgr
