#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libdiag/base/uuid.h"

namespace diag::dcerpc {

/// The interface of the activation service, version 1.0 (protocol.md 1).
inline constexpr Uuid kms_interface_id = *Uuid::parse("51c82175-844e-4750-b0d8-ec255555bc06");

inline constexpr Uuid ndr32_syntax_id = *Uuid::parse("8a885d04-1ceb-11c9-9fe8-08002b104860");  ///< version 2
inline constexpr Uuid ndr64_syntax_id = *Uuid::parse("71710533-beba-4937-8319-b5dbef9ccc36");  ///< version 1
/// Bind time feature negotiation with nothing asked for; version 1. Bytes 8 and 9 hold the mask, see make_btfn_id().
inline constexpr Uuid btfn_syntax_id = *Uuid::parse("6cb71c2c-9812-4540-0000-000000000000");

/// What a transfer syntax UUID stands for. BTFN is a question, not a syntax: no call can use it.
enum class Syntax : std::uint8_t { unknown, ndr32, ndr64, btfn };

/// BTFN is known by its first eight bytes, whatever it asks for (protocol.md 2.2).
Syntax syntax_of(const Uuid& uuid);

/// "NDR32", "NDR64", "BTFN", "unknown".
std::string_view name_of(Syntax syntax);

/// The name, or the UUID in full where we know none.
std::string describe_syntax(const Uuid& uuid);

/// Bit 0: security context multiplexing, bit 1: keep the connection on orphan. Meaningful for BTFN only.
std::uint16_t btfn_mask(const Uuid& uuid);
Uuid make_btfn_id(std::uint16_t mask);

struct Bind;
struct BindAck;

/// Which transfer syntax the calls of a connection use, by context id: one association's binds and their answers.
/// Bounded: a connection that names more than `max_count` contexts is no KMS client, the surplus is not remembered.
class SyntaxMap {
public:
    static constexpr std::size_t max_count = 64;

    /// A bind or alter_context whose answer is not known (yet): its contexts count as accepted with their first syntax.
    void on_bind(const Bind& bind);
    /// The answer: accepted contexts use the syntax it names, all others leave the map.
    void on_bind_ack(const Bind& bind, const BindAck& answer);
    void set(std::uint16_t context_id, Syntax syntax);
    void erase(std::uint16_t context_id);

    /// nullopt for a context that was never bound, or was refused.
    std::optional<Syntax> find(std::uint16_t context_id) const;
    bool empty() const { return entries_.empty(); }

private:
    struct Entry {
        std::uint16_t context_id;
        Syntax syntax;
    };
    std::vector<Entry> entries_;
};

}  // namespace diag::dcerpc
