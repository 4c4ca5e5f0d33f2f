#include "tests/proto/dcerpc/rpc_vectors.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "libdiag/base/hex.h"

namespace diag::test {
namespace {

namespace json = boost::json;

json::object read_file(std::string_view name) {
    std::string path = DIAG_SOURCE_DIR "/tests/vectors/";
    path += name;
    std::ifstream in{path};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    if (text.empty()) throw std::runtime_error{"cannot read " + path};
    return json::parse(text).as_object();
}

std::string text_of(const json::value& value) { return std::string{value.as_string()}; }

}  // namespace

ByteVector unhex(std::string_view digits) {
    std::string dense;
    std::copy_if(digits.begin(), digits.end(), std::back_inserter(dense), [](char c) { return c != ' ' && c != '\n'; });
    auto bytes = from_hex(dense);
    if (!bytes) throw std::runtime_error{"no hexadecimal digits: " + dense};
    return std::move(*bytes);
}

const std::vector<RpcVector>& rpc_vectors() {
    static const auto vectors = [] {
        std::vector<RpcVector> all;
        const json::object file = read_file("rpc_pdus.json");
        for (const json::value& entry : file.at("pdus").as_array()) {
            const json::object& object = entry.as_object();
            all.push_back({text_of(object.at("id")), unhex(text_of(object.at("pdu"))), object});
        }
        return all;
    }();
    return vectors;
}

const RpcVector& rpc_vector(std::string_view id) {
    for (const RpcVector& vector : rpc_vectors())
        if (vector.id == id) return vector;
    throw std::runtime_error{"no vector " + std::string{id}};
}

ByteVector message_vector(std::string_view reference, std::string_view direction) {
    const std::size_t hash = reference.find('#');
    const auto file = read_file(reference.substr(0, hash));
    for (const json::value& entry : file.at("cases").as_array()) {
        const json::object& object = entry.as_object();
        if (text_of(object.at("id")) == reference.substr(hash + 1)) return unhex(text_of(object.at(direction)));
    }
    throw std::runtime_error{"no case " + std::string{reference}};
}

}  // namespace diag::test
