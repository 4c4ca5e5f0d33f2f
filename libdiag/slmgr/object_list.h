#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <optional>
#include <string_view>

/// What saved_objects.h is made of. Not for other code.
namespace diag::slmgr {

/// One object as Format-List prints it.
struct ListedObject {
    boost::json::object members;  ///< all values are texts
    std::size_t used = 0;         ///< bytes, with the empty lines before it
};

/// The object at the front of `text`: lines "Name   : value" up to an empty one, or one of another form; what a console was
/// too narrow for is indented below. nullopt where the first line that is not empty is none of these.
std::optional<ListedObject> listed_object(std::string_view text);

}  // namespace diag::slmgr
