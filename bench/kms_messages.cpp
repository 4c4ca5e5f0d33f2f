#include "bench/kms_messages.h"

#include <stdexcept>

namespace diag::bench {
namespace {

constexpr std::uint32_t initial_grace = 2;
constexpr std::uint32_t minutes_of_grace = 43'200;    // 30 days
constexpr std::uint32_t minutes_to_retry = 120;       // what hosts are set up with
constexpr std::uint32_t minutes_to_renewal = 10'080;  // a week

kms::Block random_block(Random& random) {
    kms::Block block;
    random.fill(block);
    return block;
}

ByteVector message_of(Decoded<ByteVector> encoded) {
    if (!encoded) throw std::runtime_error("cannot encode a KMS message: " + std::string{encoded.error().field});
    return std::move(*encoded);
}

}  // namespace

KmsMessages::Exchange KmsMessages::make(Random& random, const Machine& machine, const Host& host,
                                        Timestamp client_time) {
    const Product& product = *machine.product;
    kms::BaseRequest request{
        .version = {.minor = 0, .major = product.version},
        .license_status = initial_grace,
        .binding_expiration_minutes = minutes_of_grace,
        .application_id = product.application_id,
        .activation_id = product.activation_id,
        .kms_id = product.kms_id,
        .client_machine_id = machine.client_machine_id,
        .required_client_count = product.required_client_count,
        .client_time_filetime = to_filetime(client_time),
    };
    kms::BaseResponse response{
        .version = request.version,
        .client_machine_id = request.client_machine_id,
        .client_time_filetime = request.client_time_filetime,
        .count = host.count,
        .activation_interval_minutes = minutes_to_retry,
        .renewal_interval_minutes = minutes_to_renewal,
    };
    if (!request.set_workstation_text(machine.name) || !response.set_epid_text(host.epid)) {
        throw std::runtime_error("a name is too long for a KMS message");
    }
    kms::ResponseSalts salts{.request_salt = random_block(random),
                             .random = random_block(random),
                             .salt = random_block(random),
                             .hwid = host.hwid};
    return {message_of(codec_.encode_request(request, salts.request_salt)),
            message_of(codec_.encode_response(response, salts))};
}

}  // namespace diag::bench
