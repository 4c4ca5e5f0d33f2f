#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "libdiag/base/bytes.h"

namespace diag::eventlog {

inline constexpr std::size_t max_record_xml_size = 1024 * 1024;  ///< bytes; a record of EVTX has at most 64 KiB

/// The XML of a record, or nullopt of one that could not be read. False ends the reading.
using TakeRecord = std::function<bool(std::optional<std::string_view> xml)>;

/// What became of the file as a whole: one line each.
struct EvtxEnd {
    std::optional<std::string> error;    ///< it could not be opened
    std::optional<std::string> problem;  ///< part of it is damaged
};

/// Hands on every record of an EVTX file, in the order of the file. libevtx does the work, in this process, and it is a C
/// library that parses hostile bytes: sandbox.h is where to call it.
EvtxEnd for_each_evtx_record(Bytes file, const TakeRecord& take);

}  // namespace diag::eventlog
