#include <catch2/catch.hpp>

#include "libdiag/base/hex.h"
#include "tests/proto/kms/kms_vectors.h"

using namespace diag;
using namespace diag::kms;
using namespace diag::test;

namespace {

constexpr std::size_t root_offset = 24;  // where a message lies in an RPC request

const Node& child(const Node& parent, std::string_view key) {
    for (const Node& node : parent.children)
        if (node.key == key) return node;
    throw std::runtime_error{"no node " + std::string{key}};
}

// The bytes that leaves cover, one after the other.
void append_leaves(const Node& node, std::vector<std::pair<std::size_t, std::size_t>>& out) {
    bool has_carried_children = false;
    for (const Node& c : node.children) has_carried_children = has_carried_children || c.size > 0;
    if (!has_carried_children && node.size > 0) out.emplace_back(node.offset, node.size);
    for (const Node& c : node.children) append_leaves(c, out);
}

void check_covers(const Node& root, std::size_t message_size, std::size_t padding_size) {
    std::vector<std::pair<std::size_t, std::size_t>> leaves;
    append_leaves(root, leaves);
    std::size_t at = root_offset;
    for (const auto& [offset, size] : leaves) {
        CHECK(offset == at);
        at += size;
    }
    CHECK(at + padding_size == root_offset + message_size);
}

}  // namespace

TEST_CASE("describe: leaves cover a message without gap or overlap, in the order of the wire", "[kms][describe]") {
    Codec codec{lab_profile()};
    for (const auto& v : message_vectors()) {
        CAPTURE(v.name);
        const Request request = codec.decode_request(v.request);
        const Response response = codec.decode_response(v.response, &request);
        Node request_root, response_root;
        describe_request(request, root_offset, request_root);
        describe_response(response, root_offset, response_root);
        const bool is_v4 = request.version.major == 4;
        check_covers(request_root, v.request.size(), is_v4 ? 0 : 4);
        const std::size_t plain_size =
            is_v4 ? v.response.size() : 20 + bytes_of(*v.json, "response_plaintext_unpadded").size();
        check_covers(response_root, v.response.size(), v.response.size() - plain_size);
    }
}

TEST_CASE("describe: values and meanings are those a person looks for", "[kms][describe]") {
    Codec codec{lab_profile()};
    const auto& c = with_id(vector_file("v6_messages.json").at("cases"), "win10-even");
    const Request request = codec.decode_request(bytes_of(c, "request"));
    const Response response = codec.decode_response(bytes_of(c, "response"), &request);
    Node root;
    describe_request(request, 0, root);
    CHECK(child(root, "version").value == "6.0");
    CHECK(child(root, "salt").value == text_of(c, "request_salt"));
    const Node& body = child(root, "body");
    CHECK(body.meaning == "decrypted");
    CHECK(child(body, "license_status").meaning == "initial grace");
    CHECK(child(body, "virtual_machine").value == "false");
    CHECK(child(body, "workstation_name").value == "kms-client-01.example.test");
    CHECK(child(body, "application_id").meaning == "Windows");
    CHECK(child(body, "client_time_filetime").meaning == "2024-01-17T21:20:00Z");

    Node answer;
    describe_response(response, 0, answer);
    const Node& answer_body = child(answer, "body");
    CHECK(child(answer_body, "hwid").value == "364F463A8863D35F");
    CHECK(child(child(answer_body, "epid"), "group_id").value == "00206");
    CHECK(child(child(answer, "checks"), "hmac").value == "passed");
}

TEST_CASE("describe: a closed message shows its header and says why there is no more", "[kms][describe]") {
    Codec codec{other_profile()};
    const auto& c = with_id(vector_file("v6_messages.json").at("cases"), "win10-even");
    Node root;
    describe_request(codec.decode_request(bytes_of(c, "request")), 0, root);
    REQUIRE(root.children.size() == 3);
    CHECK(root.children[2].meaning == "not opened by the key profile");
    CHECK(root.children[2].offset == 20);
    CHECK(root.children[2].size == 240);
    CHECK(root.children[2].children.empty());

    for (const std::size_t size : {0U, 3U, 4U, 19U, 20U, 100U}) {  // cut short
        CAPTURE(size);
        const auto request = bytes_of(c, "request");
        Node cut;
        describe_request(codec.decode_request(Bytes{request}.first(size)), 0, cut);
        CHECK(cut.children.back().meaning == "bytes are missing");
        std::size_t covered = 0;
        for (const Node& node : cut.children) covered += node.size;
        CHECK(covered == size);
        Node response_cut;
        describe_response(codec.decode_response(Bytes{request}.first(size)), 0, response_cut);
        CHECK(response_cut.children.back().children.empty());
    }
}
