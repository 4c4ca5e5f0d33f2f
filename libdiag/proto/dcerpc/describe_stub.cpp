#include <fmt/format.h>

#include "libdiag/base/hex.h"
#include "libdiag/proto/dcerpc/stub.h"

namespace diag::dcerpc {
namespace {

// Adds nodes one behind the other.
class Line {
public:
    Line(std::size_t offset, Node& parent) : at_{offset}, parent_{parent} {}

    Node& add(std::string_view key, std::string_view label, std::size_t size, std::string value,
              std::string meaning = {}) {
        Node& node = parent_.add({.key = std::string{key},
                                  .label = std::string{label},
                                  .offset = at_,
                                  .size = size,
                                  .value = std::move(value),
                                  .meaning = std::move(meaning)});
        at_ += size;
        return node;
    }
    void add_bytes(std::string_view key, std::string_view label, Bytes bytes) {
        if (!bytes.empty()) add(key, label, bytes.size(), to_hex(bytes));
    }

private:
    std::size_t at_;
    Node& parent_;
};

std::size_t wide_size(Syntax syntax) { return syntax == Syntax::ndr64 ? 8 : 4; }

void add_sizes(Line& line, std::string_view key, std::string_view label, std::uint32_t size,
               const FixedBytes<4>& alignment, Syntax syntax) {
    line.add(key, label, 4, std::to_string(size));
    if (syntax == Syntax::ndr64) line.add_bytes("alignment", "Alignment", alignment);
}

std::string agreement(bool agree) { return agree ? "" : "differs from the length before"; }

void add_message(Line& line, Bytes message) {
    line.add("message", "KMS message", message.size(), fmt::format("{} bytes", message.size()));
}

}  // namespace

void describe_request_stub(const RequestStub& stub, Syntax syntax, std::size_t offset, Node& parent) {
    Line line{offset, parent};
    add_sizes(line, "request_size", "Request length", stub.request_size, stub.alignment, syntax);
    line.add("max_count", "Array size", wide_size(syntax), std::to_string(stub.max_count),
             agreement(stub.lengths_agree()));
    add_message(line, stub.message);
    line.add_bytes("surplus", "Surplus bytes", stub.surplus);
}

void describe_response_stub(const ResponseStub& stub, Syntax syntax, std::size_t offset, Node& parent) {
    Line line{offset, parent};
    add_sizes(line, "response_size", "Response length", stub.response_size, stub.alignment, syntax);
    line.add("referent", "Pointer", wide_size(syntax), fmt::format("0x{:0{}x}", stub.referent, wide_size(syntax) * 2),
             stub.has_message() ? "" : "null: the host sent no message");
    if (stub.has_message()) {
        line.add("max_count", "Array size", wide_size(syntax), std::to_string(stub.max_count),
                 agreement(stub.lengths_agree()));
        add_message(line, stub.message);
        line.add_bytes("padding", "Padding", stub.padding);
    }
    line.add("return_code", "Return code", 4, format_code(stub.return_code), stub.return_code == 0 ? "success" : "");
    line.add_bytes("surplus", "Surplus bytes", stub.surplus);
}

}  // namespace diag::dcerpc
