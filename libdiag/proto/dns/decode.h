#pragma once

#include <expected>
#include <optional>

#include "libdiag/proto/dns/message.h"

namespace diag::dns {

inline constexpr std::size_t max_message_size = 65535;  // bytes: what the TCP length prefix can say
inline constexpr std::size_t max_entry_count = 1024;    // questions and records of one message, all sections together

/// What could be read, and why it ended early. Everything in front of the damage is in `message`.
struct PartialMessage {
    Message message;
    std::optional<WireError> error;
};

/// One message without the length prefix of TCP. For dissection: keeps what stands in front of the damage.
PartialMessage decode_partial(Bytes bytes);

/// One message, all or nothing: on success `out` is the message, otherwise it is left alone. Bytes behind the last record
/// are an error as well: `malformed`, field "trailing bytes".
/// (No std::expected<Message, ...>: clang 14 cannot compile the one of libstdc++ 12 for types with a destructor.)
std::expected<void, WireError> decode_message(Bytes bytes, Message& out);

/// The message with counts from its sections and names uncompressed. Messages that do not fit into 65535 bytes give
/// nullopt. RDATA is written by the alternative that it holds, whatever the record's type says.
std::optional<ByteVector> encode_message(const Message& message);

/// DNS over TCP puts two bytes of length in front of each message (RFC 1035 4.2.2).
struct TcpFrame {
    Bytes message;                ///< a view of the stream
    std::size_t stream_size = 0;  ///< bytes of the stream that the frame takes
};
/// The first message of a stream; nullopt while it is not complete.
std::optional<TcpFrame> first_tcp_frame(Bytes stream);
/// A message with its prefix. At most max_message_size bytes.
ByteVector add_tcp_prefix(Bytes message);

}  // namespace diag::dns
