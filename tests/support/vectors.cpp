#include "tests/support/vectors.h"

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>

#include "libdiag/base/hex.h"

namespace diag::test {
namespace {

const boost::json::value& member_of(const boost::json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    if (value == nullptr) throw std::runtime_error{"no member " + std::string{name}};
    return *value;
}

}  // namespace

std::string read_repository_file(std::string_view path) {
    const std::string full = DIAG_SOURCE_DIR "/" + std::string{path};
    std::ifstream in{full, std::ios::binary};
    if (!in) throw std::runtime_error{"cannot read " + full};
    return {std::istreambuf_iterator<char>{in}, {}};
}

boost::json::value load_json(std::string_view path) { return boost::json::parse(read_repository_file(path)); }

const boost::json::object& vector_file(std::string_view name) {
    static std::map<std::string, boost::json::value, std::less<>> files;
    auto file = files.find(name);
    if (file == files.end()) {
        file = files.emplace(name, load_json("tests/vectors/" + std::string{name})).first;
    }
    return file->second.as_object();
}

const boost::json::object& with_id(const boost::json::value& list, std::string_view id) {
    for (const auto& element : list.as_array())
        if (member_of(element.as_object(), "id").as_string() == id) return element.as_object();
    throw std::runtime_error{"no element with id " + std::string{id}};
}

std::string text_of(const boost::json::object& object, std::string_view member) {
    return std::string{std::string_view{member_of(object, member).as_string()}};
}

ByteVector bytes_of(const boost::json::object& object, std::string_view member) {
    auto bytes = from_hex(text_of(object, member));
    if (!bytes) throw std::runtime_error{"not hexadecimal: " + std::string{member}};
    return std::move(*bytes);
}

std::uint64_t number_of(const boost::json::object& object, std::string_view member) {
    return member_of(object, member).to_number<std::uint64_t>();
}

}  // namespace diag::test
