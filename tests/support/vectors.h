#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "libdiag/base/bytes.h"

// The JSON files of tests/vectors and captures. Everything here throws when a file or a member is not there: a test that
// lost its data must not pass.

namespace diag::test {

/// A file of the repository, by its path in there: "captures/hresult-time-skew.pcap".
std::string read_repository_file(std::string_view path);

/// The same as JSON.
boost::json::value load_json(std::string_view path);

/// "v6_messages.json" of tests/vectors, read once.
const boost::json::object& vector_file(std::string_view name);

/// The element of the array `list` whose "id" is this.
const boost::json::object& with_id(const boost::json::value& list, std::string_view id);

std::string text_of(const boost::json::object& object, std::string_view member);
ByteVector bytes_of(const boost::json::object& object, std::string_view member);  ///< hexadecimal digits
std::uint64_t number_of(const boost::json::object& object, std::string_view member);

}  // namespace diag::test
