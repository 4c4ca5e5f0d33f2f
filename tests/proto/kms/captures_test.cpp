#include <catch2/catch.hpp>
#include <filesystem>

#include "libdiag/base/hex.h"
#include "tests/proto/kms/kms_vectors.h"

// Messages of real programs, against what these programs printed. A message is found in a capture file by the two equal
// lengths that stand in front of it, so this needs none of the layers between packet and message; captures whose messages are
// spread over several packets are left to the tests of those layers.

using namespace diag;
using namespace diag::kms;
using namespace diag::test;

namespace {

std::uint64_t number_at(Bytes file, std::size_t at, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8 | file[at + i];
    return value;
}

// [length] [referent] [length] message, in NDR32 (4 bytes each) or NDR64 (8); a request has no referent (protocol.md 3).
std::vector<ByteVector> messages_in(Bytes file, bool is_request) {
    std::vector<ByteVector> found;
    for (const std::size_t width : {std::size_t{4}, std::size_t{8}}) {
        const std::size_t header_size = width * (is_request ? 2 : 3);
        for (std::size_t at = 0; at + header_size + 4 < file.size(); ++at) {
            const std::uint64_t size = number_at(file, at, width);
            const std::size_t begin = at + header_size;
            if (size < 60 || size > 400 || number_at(file, begin - width, width) != size) continue;
            if (!is_request && number_at(file, at + width, width) != 0x20000) continue;
            if (file[begin + 3] != 0 || file[begin + 2] < 4 || file[begin + 2] > 7 || size > file.size() - begin)
                continue;
            const Bytes message = file.subspan(begin, size);
            found.emplace_back(message.begin(), message.end());
        }
    }
    return found;
}

std::string version_text(MinorMajor v) { return std::to_string(v.major) + "." + std::to_string(v.minor); }

bool is_same(const BaseRequest& base, const boost::json::object& e) {
    return version_text(base.version) == text_of(e, "version") &&
           (base.virtual_machine != 0) == e.at("virtual_machine").as_bool() &&
           base.license_status == number_of(e, "license_status") &&
           base.binding_expiration_minutes == number_of(e, "binding_expiration_minutes") &&
           to_string(base.application_id) == text_of(e, "application_id") &&
           to_string(base.activation_id) == text_of(e, "activation_id") &&
           to_string(base.kms_id) == text_of(e, "kms_id") &&
           to_string(base.client_machine_id) == text_of(e, "client_machine_id") &&
           to_string(base.previous_client_machine_id) == text_of(e, "previous_client_machine_id") &&
           base.client_time_filetime.ticks == number_of(e, "client_time_filetime") &&
           base.workstation_text() == text_of(e, "workstation_name") &&
           base.required_client_count == number_of(e, "required_client_count");
}

bool is_same(const Response& response, const boost::json::object& e) {
    const BaseResponse& base = *response.base;
    if (e.contains("hwid") && to_upper_hex(response.hwid().value_or(FixedBytes<8>{})) != text_of(e, "hwid"))
        return false;
    return version_text(base.version) == text_of(e, "version") && base.epid_text() == text_of(e, "epid") &&
           to_string(base.client_machine_id) == text_of(e, "client_machine_id") &&
           base.client_time_filetime.ticks == number_of(e, "client_time_filetime") &&
           base.count == number_of(e, "count") &&
           base.activation_interval_minutes == number_of(e, "activation_interval_minutes") &&
           base.renewal_interval_minutes == number_of(e, "renewal_interval_minutes") &&
           (!e.contains("kms_message_size") || response.message_size == number_of(e, "kms_message_size"));
}

bool is_spread_over_packets(std::string_view name) {
    for (const std::string_view part :
         {"tcp-", "snaplen-", "lost-segment", "closed-client-half", "closed-response-truncated"})
        if (name.starts_with(part)) return true;
    return false;
}

struct Counts {
    int captures = 0, requests = 0, responses = 0, closed = 0;
};

// Every exchange of the ground truth has its messages in the file, and they check each other.
void check_capture(const std::string& name, Codec& codec, Counts& counts) {
    const auto file_text = read_repository_file("captures/" + name + ".pcap");
    const Bytes file = diag::bytes_of(file_text);
    std::vector<Request> requests;
    for (const auto& m : messages_in(file, true)) requests.push_back(codec.decode_request(m));
    const auto responses = messages_in(file, false);
    const auto truth = load_json("captures/" + name + ".expected.json");
    for (const auto& connection : truth.at("connections").as_array()) {
        for (const auto& element : connection.at("exchanges").as_array()) {
            const auto& e = element.as_object();
            if (const auto* decodable = e.if_contains("lab_key_decodable"); decodable && !decodable->as_bool()) {
                ++counts.closed;
                for (const Request& r : requests) {
                    const bool is_sealed = r.version.major > 4;
                    if (is_sealed) CHECK((r.body == Body::protected_ || r.body == Body::absent));
                }
                continue;
            }
            const auto& wanted = e.at("request").as_object();
            const auto request = std::find_if(requests.begin(), requests.end(), [&wanted](const Request& r) {
                return r.base && is_same(*r.base, wanted);
            });
            CAPTURE(text_of(wanted, "client_machine_id"));
            REQUIRE(request != requests.end());
            ++counts.requests;
            if (!e.at("response").is_object()) continue;
            if (e.contains("response_missing_from_capture")) continue;
            const bool is_found = std::any_of(responses.begin(), responses.end(), [&](const ByteVector& m) {
                const Response response = codec.decode_response(m, &*request);
                if (!response.base || !is_same(response, e.at("response").as_object())) return false;
                if (response.checks.salt != CheckResult::failed && response.checks.hash != CheckResult::failed)
                    return true;
                return false;
            });
            CHECK(is_found);
            ++counts.responses;
        }
    }
    ++counts.captures;
}

}  // namespace

TEST_CASE("captures: messages of real programs decode to what these programs printed", "[kms][captures]") {
    Codec codec{lab_profile()};
    Counts counts;
    for (const auto& entry : std::filesystem::directory_iterator{std::string{DIAG_SOURCE_DIR} + "/captures"}) {
        if (entry.path().extension() != ".pcap") continue;
        const std::string name = entry.path().stem();
        if (is_spread_over_packets(name)) continue;
        CAPTURE(name);
        check_capture(name, codec, counts);
    }
    CHECK(counts.captures >= 60);
    CHECK(counts.requests >= 80);
    CHECK(counts.responses >= 60);
    CHECK(counts.closed >= 5);
}

TEST_CASE("captures: version 7.0 opens as version 6 does, version 4.1 reads as 4.0 does", "[kms][captures]") {
    Codec codec{lab_profile()};
    for (const auto& [name, version, body] : {std::tuple{"hresult-bad-version-7", MinorMajor{0, 7}, Body::opened},
                                              std::tuple{"hresult-bad-version-4-1", MinorMajor{1, 4}, Body::clear}}) {
        CAPTURE(name);
        const auto file = read_repository_file(std::string{"captures/"} + name + ".pcap");
        const auto messages = messages_in(diag::bytes_of(file), true);
        REQUIRE_FALSE(messages.empty());
        for (const auto& m : messages) {
            const Request request = codec.decode_request(m);
            CHECK(request.version == version);
            CHECK(request.body == body);
            REQUIRE(request.base);
            CHECK(request.base->workstation_text().starts_with("v"));
        }
    }
}
