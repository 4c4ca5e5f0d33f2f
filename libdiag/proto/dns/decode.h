#pragma once

#include "libdiag/proto/dns/message.h"

namespace diag::dns {

inline constexpr std::size_t max_message_size = 65535;  // bytes: what the TCP length prefix can say
inline constexpr std::size_t max_entry_count = 2048;    // questions and records of one message, all sections together

/// What could be read, and why it ended early. Everything in front of the damage is in `message`.
struct PartialMessage {
    Message message;
    std::optional<WireError> error;
};

/// One message without the length prefix of TCP. For dissection: keeps what stands in front of the damage.
PartialMessage decode_partial(Bytes bytes);

/// One message, all or nothing. Bytes behind the last record are an error as well: `malformed`, field "trailing bytes".
Decoded<Message> decode_message(Bytes bytes);

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
