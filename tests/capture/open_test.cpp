#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "libdiag/capture/identify.h"
#include "libdiag/capture/reader.h"
#include "tests/capture/capture_bytes.h"
#include "tests/capture/temp_folder.h"

using namespace diag;
using namespace diag::test;
using namespace std::string_view_literals;
using Kind = capture::CaptureError::Kind;

namespace {

capture::CaptureError error_of(const std::string& path) {
    const auto reader = capture::CaptureReader::open(path);
    REQUIRE_FALSE(reader);
    CHECK(reader.error().message.find('\n') == std::string::npos);
    return reader.error();
}

}  // namespace

TEST_CASE("open: what cannot be opened is one line that says why", "[capture][open]") {
    const TempFolder folder;
    CHECK(error_of(folder.path("missing.pcap")).kind == Kind::not_found);
    CHECK(error_of(folder.path("missing.pcap")).message == folder.path("missing.pcap") + ": no such file");
    CHECK(error_of(folder.path()).kind == Kind::is_directory);
    CHECK(error_of(folder.file("empty.pcap", {})).kind == Kind::empty);
    CHECK(error_of(folder.file("file", {}) + "/x.pcap").kind == Kind::not_found);
}

TEST_CASE("open: a file that may not be read is no permission", "[capture][open]") {
    const TempFolder folder;
    const std::string path = folder.file("secret.pcap", PcapBytes{}.bytes());
    REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
    REQUIRE(::chmod(path.c_str(), 0) == 0);
    constexpr uid_t nobody = 65534;
    const bool is_root = ::geteuid() == 0;
    if (is_root) REQUIRE(::seteuid(nobody) == 0);  // root may read everything
    const auto reader = capture::CaptureReader::open(path);
    if (is_root) REQUIRE(::seteuid(0) == 0);
    REQUIRE_FALSE(reader);
    CHECK(reader.error().kind == Kind::no_permission);
    CHECK(reader.error().message == path + ": permission denied");
}

TEST_CASE("open: names with control characters are escaped", "[capture][open]") {
    const TempFolder folder;
    const auto error = error_of(folder.file("a\x1b[31m\nb.pcap", bytes_of("text")));
    CHECK(error.kind == Kind::not_a_capture);
    CHECK(error.message.find('\x1b') == std::string::npos);
}

TEST_CASE("open: a file that is no capture is called what it is", "[capture][open]") {
    struct Case {
        std::string_view bytes, says;
    };
    std::string tar(400, 'x');
    tar.replace(257, 5, "ustar");
    std::string etl(100, '\0');
    etl[2] = 1;  // buffers of 64 KiB
    etl[75] = '\xC0';
    const Case cases[] = {
        {"Dear support,\nplease find attached\n", "a text file (\"Dear support,\")"},
        {"\x1b[31m", "the bytes 1b5b33316d"},
        {"a\\b\n", "a text file (\"a\\\\b\")"},
        {"  <?xml version=\"1.0\"?>", "XML"},
        {"<!DOCTYPE HTML><html>", "an HTML page"},
        {"\xEF\xBB\xBF<html lang=de>", "an HTML page"},
        {"{\"a\": 1}", "JSON"},
        {"HTTP/1.1 404 Not Found\r\n", "an HTTP response"},
        {"%PDF-1.7\n", "a PDF document"},
        {"PK\x03\x04xxxx", "a ZIP archive"},
        {"7z\xBC\xAF\x27\x1C", "7-Zip"},
        {"\xFD"
         "7zXZ\0\0"sv,
         "xz-compressed: decompress it first"},
        {"BZh91AY", "bzip2-compressed"},
        {"\x7F"
         "ELF\x02",
         "an ELF program"},
        {"MZ\x90\0"sv, "a Windows program"},
        {"ElfFile\0\0\0"sv, "event log (EVTX)"},
        {"GMBU\x01\x02", "Network Monitor 2 capture: convert it first (editcap"},
        {"snoop\0\0\0\0\0\0\2"sv, "snoop"},
        {"\xFF\xFEh\0i\0"sv, "UTF-16"},
        {"\xFE\xED\xFA\xCE\x01\x02\x03\x04\x05", "the bytes feedface01020304"},
        {tar, "a tar archive"},
        {etl, "etl2pcapng"},
        {"\xA1\xB2", "the bytes a1b2"},
        {"\x1F\x8B", "gzip"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.says);
        const auto reader = capture::CaptureReader::from_memory(bytes_of(c.bytes));
        REQUIRE_FALSE(reader);
        CHECK(reader.error().kind == Kind::not_a_capture);
        CHECK(reader.error().message.find(c.says) != std::string::npos);
    }
}

TEST_CASE("open: any first bytes get a description without control characters", "[capture][open]") {
    for (unsigned first = 0; first < 256; ++first) {
        for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{76}, std::size_t{600}}) {
            ByteVector bytes = pattern(size, first);
            bytes[0] = static_cast<std::uint8_t>(first);
            const std::string text = capture::describe_non_capture(bytes);
            CAPTURE(first, size, text);
            CHECK_FALSE(text.empty());
            CHECK(std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= ' ' && c != 0x7F; }));
        }
    }
}
