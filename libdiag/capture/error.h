#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace diag::capture {

/// Why a capture could not be opened, made or written. `message` is one line, fit for a terminal (names that came from
/// outside are escaped), and says what to do about it where there is something to do.
struct CaptureError {
    enum class Kind : std::uint8_t {
        not_found,
        no_permission,
        is_directory,
        empty,
        not_a_capture,  ///< the message names what it is instead
        unsupported,    ///< a capture, but of a kind that we do not read
        bad_filter,
        no_device,
        privileges,   ///< the device is open, but the rights that opened it could not be given up
        closed_pipe,  ///< whoever read our output is gone
        io,
    };
    Kind kind = Kind::io;
    std::string message;
};

/// Where a capture stops making sense. Everything before it was handed out.
struct Damage {
    std::uint64_t offset = 0;  ///< of the first byte of the bad record, in the uncompressed capture
    std::string what;          ///< what is wrong with it, without a full stop
};

/// The error of a system call on `subject` (a file or device name, escaped here): "x.pcap: no such file".
CaptureError system_error(std::string_view subject, int error_number);

/// How a file is called in messages: "-" is standard input, everything else is escaped.
std::string display_name(std::string_view path);

}  // namespace diag::capture
