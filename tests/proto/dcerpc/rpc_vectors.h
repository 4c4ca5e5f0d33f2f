#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "libdiag/base/bytes.h"

namespace diag::test {

/// An entry of tests/vectors/rpc_pdus.json.
struct RpcVector {
    std::string id;
    ByteVector pdu;
    boost::json::object json;  ///< all its members
};

/// All of them, read once. Throws when the file cannot be read.
const std::vector<RpcVector>& rpc_vectors();

/// The one with this id; throws when there is none.
const RpcVector& rpc_vector(std::string_view id);

/// The KMS message that "v6_messages.json#win10-even" names: member `direction` ("request", "response") of that case.
ByteVector message_vector(std::string_view reference, std::string_view direction);

/// Bytes from hexadecimal digits; blanks between them are for the reader.
ByteVector unhex(std::string_view digits);

}  // namespace diag::test
