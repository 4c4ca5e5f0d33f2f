// KMS messages. The first byte says what the rest is; a corpus file is that byte and then a message, a plaintext or a text.

#include <cstdlib>
#include <string>

#include "libdiag/base/bytes.h"
#include "libdiag/proto/kms/aes_ni.h"
#include "libdiag/proto/kms/aes_v6.h"
#include "libdiag/proto/kms/codec.h"
#include "libdiag/proto/kms/epid.h"

using namespace diag;
using namespace diag::kms;

namespace {

void require(bool ok) {
    if (!ok) std::abort();
}

struct Codecs {
    KeyProfile profile = lab_profile();
    Codec portable{profile, AesPath::portable};
    Codec fast{profile, best_aes_path()};
    Aes128Cbc v5{*profile.v5};
    AesRounds v6 = make_aes_v6(*profile.v6);
};

Codecs& codecs() {
    static Codecs all;
    return all;
}

// What could be read encodes to the bytes it was read from. Answers: as far as they have the size their fields ask for.
void check_request(Bytes message) {
    const Request request = codecs().fast.decode_request(message);
    const Request other = codecs().portable.decode_request(message);
    require(request.base == other.base && request.body == other.body && request.salt_decrypted == other.salt_decrypted);
    require(request.base.has_value() == (request.body == Body::clear || request.body == Body::opened));
    Node root;
    describe_request(request, 0, root);
    if (!request.base || request.mac == Mac::mismatch) return;
    const auto again = codecs().fast.encode_request(*request.base, request.salt.value_or(Block{}));
    require(again && again->size() <= message.size());
    require(std::equal(again->begin(), again->end(), message.begin()));
}

void check_response(Bytes message, const Request* request) {
    const Response response = codecs().fast.decode_response(message, request);
    const Response other = codecs().portable.decode_response(message, request);
    require(response.base == other.base && response.body == other.body);
    for (const ResponseCheck& check : response_check_table)
        require(response.checks.*check.member == other.checks.*check.member);
    Node root;
    describe_response(response, 0, root);
    if (!response.base) return;
    parse_epid(response.base->epid_text());
    Writer w;
    if (!encode_base_response(w, *response.base)) return;
    Reader r{w.view()};
    require(decode_base_response(r) == *response.base);
}

// A message around a plaintext of the fuzzer's making, under the lab key.
ByteVector seal(std::uint16_t major, Bytes plaintext) {
    const Block salt{};
    ByteVector padded{plaintext.begin(), plaintext.end()};
    const std::size_t n = block_size - padded.size() % block_size;
    padded.insert(padded.end(), n, static_cast<std::uint8_t>(n));
    ByteVector sealed(padded.size());
    if (major == 5) {
        codecs().v5.encrypt(salt, padded, sealed);
    } else {
        codecs().v6.encrypt_cbc(salt, padded, sealed);
    }
    Writer w;
    w.u16(0);
    w.u16(major);
    w.bytes(salt);
    w.bytes(sealed);
    return w.take();
}

// Fields of the fuzzer's making, through a whole exchange.
void check_exchange(Bytes fields) {
    Reader r{fields};
    const auto asked = decode_base_request(r);
    if (!asked) return;
    const auto message = codecs().fast.encode_request(*asked, Block{});
    require(message.has_value());
    const Request request = codecs().portable.decode_request(*message);
    require(request.base == *asked);
    auto answer = decode_base_response(r);
    if (!answer || answer->epid_size > max_epid_size) return;
    answer->version = asked->version;
    const auto answered = codecs().fast.encode_response(*answer, {.salt = r.array<16>("salt")});
    require(answered.has_value());
    require(codecs().portable.decode_response(*answered, &request).base == *answer);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const Bytes rest{data + 1, size - 1};
    const std::string_view text{reinterpret_cast<const char*>(rest.data()), rest.size()};
    constexpr std::size_t max_plaintext_size = 2048;
    switch (data[0] % 8) {
        case 0: check_request(rest); break;
        case 1: check_response(rest, nullptr); break;
        case 2: check_request(seal(5, head(rest, max_plaintext_size))); break;
        case 3: check_request(seal(6, head(rest, max_plaintext_size))); break;
        case 4: check_response(seal(5, head(rest, max_plaintext_size)), nullptr); break;
        case 5: {
            const Request request = codecs().fast.decode_request(seal(6, head(rest, base_request_size)));
            check_response(seal(6, head(rest, max_plaintext_size)), &request);
            break;
        }
        case 6: check_exchange(rest); break;
        default:
            if (const auto epid = parse_epid(text)) activation_date_text(*epid);
            if (const auto profile = parse_key_profile(text, "fuzz"); !profile) {
                require(!profile.error().empty() && profile.error().find('\n') == std::string::npos);
            }
    }
    return 0;
}
