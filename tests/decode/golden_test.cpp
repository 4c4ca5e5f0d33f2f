// What the decoder prints for representative captures, compared with tests/golden. After a change that is meant,
// scripts/update-golden runs these cases with DIAG_UPDATE=1 in the environment: they then write the files before they compare
// them. Read the difference: captures/*.expected.json says what is true.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "libdiag/base/text_width.h"
#include "libdiag/capture/reader.h"
#include "libdiag/decode/decoder.h"
#include "tests/support/pcap_file.h"

namespace diag::test {
namespace {

namespace fs = std::filesystem;

const fs::path folder = fs::path{DIAG_SOURCE_DIR} / "tests" / "golden";

// One of each kind of end, link, version and capture condition.
constexpr std::string_view captures[] = {
    "bind-nak-protocol-version",
    "c2c-ipv6-v6",
    "c2c-v4-vista",
    "c2c-v5-name-non-ascii",
    "c2c-v6-ndr64-btfn-srv2019",
    "closed-client-half-bind",
    "closed-response-truncated",
    "dns-srv-then-v6",
    "fault-access-denied",
    "foreign-keys-both-v6",
    "hresult-client-list-full",
    "hresult-time-skew",
    "lost-segment-v5",
    "midstream-no-bind-v6",
    "not-rpc-http",
    "refused-rst",
    "rejected-icmp-port",
    "rpc-but-no-kms-interface",
    "silent-drop",
    "snaplen-96-v6",
    "wrong-key-v4-client",
};

std::string path_of(std::string_view name) { return DIAG_SOURCE_DIR "/captures/" + std::string{name} + ".pcap"; }

// One run over these files.
std::string decode(const std::vector<std::string>& paths, const decode::Settings& settings) {
    kms::Codec codec{kms::lab_profile()};
    std::string out;
    decode::Decoder decoder{settings, codec, [&out](std::string_view text) {
                                out += text;
                                return true;
                            }};
    for (const std::string& path : paths) {
        auto reader = capture::CaptureReader::open(path);
        REQUIRE(reader);
        decoder.begin_capture(fs::path{path}.filename().string());
        for (PacketView packet; reader->next(packet);) decoder.on_packet(packet);
        REQUIRE_FALSE(reader->damage());
        decoder.end_capture(std::nullopt, 0);
    }
    decoder.finish();
    return out;
}

std::string decode(const std::string& path, decode::Detail detail) { return decode({path}, {.detail = detail}); }

// Retries of one client, a count that rises, and a host that changes its ePID: what several captures show together.
constexpr std::string_view correlated_captures[] = {"refused-rst", "dns-srv-then-v6", "c2c-v6-charging-office2016",
                                                    "c2c-v5-epid-random-per-request"};
constexpr std::string_view correlated_name = "clients-and-hosts.txt";

bool updating() {
    const char* value = std::getenv("DIAG_UPDATE");
    return value != nullptr && std::string_view{value} == "1";
}

// The first line that differs says more than two pages of text.
std::string first_difference(const std::string& have, const std::string& want) {
    std::istringstream a{have};
    std::istringstream b{want};
    std::string line_a;
    std::string line_b;
    for (int number = 1;; ++number) {
        const bool more_a = static_cast<bool>(std::getline(a, line_a));
        const bool more_b = static_cast<bool>(std::getline(b, line_b));
        if (!more_a && !more_b) return {};
        if (more_a != more_b || line_a != line_b) {
            return "line " + std::to_string(number) + ": \"" + (more_a ? line_a : "(end)") + "\" instead of \"" +
                   (more_b ? line_b : "(end)") + "\"";
        }
    }
}

void compare(const std::string& name, const std::string& have) {
    const fs::path file = folder / name;
    if (updating()) {
        fs::create_directories(folder);
        std::ofstream{file, std::ios::binary} << have;
    }
    INFO(name << "; scripts/update-golden rewrites it");
    CHECK(first_difference(have, read_text(file.string())) == "");
}

TEST_CASE("golden: the text of each capture is what it was", "[decode][golden]") {
    for (const std::string_view name : captures) {
        compare(std::string{name} + ".txt", decode(path_of(name), decode::Detail::blocks));
    }
}

TEST_CASE("golden: the tree of each capture is what it was", "[decode][golden]") {
    for (const std::string_view name : captures) {
        compare(std::string{name} + ".tree.txt", decode(path_of(name), decode::Detail::tree));
    }
}

TEST_CASE("golden: clients and hosts of several captures are told as they were", "[decode][golden]") {
    std::vector<std::string> paths;
    for (const std::string_view name : correlated_captures) paths.push_back(path_of(name));
    const std::string text = decode(paths, {.detail = decode::Detail::summary, .clients = true});
    compare(std::string{correlated_name}, text);
    std::reverse(paths.begin(), paths.end());
    CHECK(first_difference(decode(paths, {.detail = decode::Detail::summary, .clients = true}), text) == "");
}

TEST_CASE("golden: no file is left of a capture that is not decoded any more", "[decode][golden]") {
    std::set<std::string> wanted{std::string{correlated_name}};
    for (const std::string_view name : captures) {
        wanted.insert(std::string{name} + ".txt");
        wanted.insert(std::string{name} + ".tree.txt");
    }
    for (const auto& entry : fs::directory_iterator{folder}) {
        INFO(entry.path().filename().string());
        CHECK(wanted.contains(entry.path().filename().string()));
    }
}

TEST_CASE("text: no line is wider than 80 columns", "[decode][golden]") {
    constexpr std::size_t width = 80;
    for (const std::string& path : capture_paths()) {
        std::istringstream text{decode(path, decode::Detail::blocks) +
                                decode({path}, {.detail = decode::Detail::summary, .clients = true})};
        for (std::string line; std::getline(text, line);) {
            INFO(fs::path{path}.filename().string() << ": " << line);
            CHECK(column_count(line) <= width);
        }
    }
}

TEST_CASE("text: it holds no control character but the end of a line", "[decode][golden]") {
    for (const std::string& path : capture_paths()) {
        for (const auto detail : {decode::Detail::blocks, decode::Detail::tree, decode::Detail::summary}) {
            const std::string text = decode({path}, {.detail = detail, .clients = true});
            INFO(fs::path{path}.filename().string());
            CHECK(std::none_of(text.begin(), text.end(), [](char c) {
                return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7F;
            }));
            CHECK(text.ends_with('\n'));
        }
    }
}

}  // namespace
}  // namespace diag::test
