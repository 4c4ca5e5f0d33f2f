#include "tests/proto/kms/kms_vectors.h"

#include "libdiag/proto/kms/aes_ni.h"

namespace diag::test {

std::vector<kms::AesPath> aes_paths() {
    std::vector<kms::AesPath> paths{kms::AesPath::portable};
    if (kms::aes_ni::is_available()) paths.push_back(kms::AesPath::aes_ni);
    return paths;
}

std::vector<MessageVector> message_vectors() {
    std::vector<MessageVector> all;
    for (const std::string file : {"v4_messages.json", "v5_messages.json", "v6_messages.json"}) {
        for (const auto& element : vector_file(file).at("cases").as_array()) {
            const auto& json = element.as_object();
            all.push_back({.name = file + "#" + text_of(json, "id"),
                           .json = &json,
                           .request = bytes_of(json, "request"),
                           .response = bytes_of(json, "response")});
        }
    }
    if (all.size() < 9) throw std::runtime_error{"vectors are missing"};
    return all;
}

kms::KeyProfile lab_keys_of_vectors() {
    const auto& keys = vector_file("lab_keys.json").at("keys").as_array();
    return {.name = "lab",
            .v4 = fixed_of<20>(keys.at(0).as_object(), "key"),
            .v5 = fixed_of<16>(keys.at(1).as_object(), "key"),
            .v6 = fixed_of<16>(keys.at(2).as_object(), "key")};
}

kms::KeyProfile other_profile() {
    Random random{1};
    return {.name = "other",
            .v4 = random_bytes<20>(random),
            .v5 = random_bytes<16>(random),
            .v6 = random_bytes<16>(random)};
}

ByteVector random_bytes(Random& random, std::size_t size) {
    ByteVector out(size);
    for (auto& b : out) b = static_cast<std::uint8_t>(random());
    return out;
}

kms::BaseRequest random_request(Random& random, MinorMajor version) {
    // Any bytes are a request: each field takes every value of its width.
    const ByteVector raw = random_bytes(random, kms::base_request_size);
    Reader r{raw};
    kms::BaseRequest base = *kms::decode_base_request(r);
    base.version = version;
    return base;
}

kms::BaseResponse random_response(Random& random, MinorMajor version) {
    kms::BaseResponse base{.version = version,
                           .client_machine_id = {random_bytes<16>(random)},
                           .client_time_filetime = {random()},
                           .count = static_cast<std::uint32_t>(random()),
                           .activation_interval_minutes = static_cast<std::uint32_t>(random()),
                           .renewal_interval_minutes = static_cast<std::uint32_t>(random())};
    const std::size_t character_count = random() % 64;
    for (std::size_t i = 0; i < character_count; ++i) {
        base.epid[2 * i] = static_cast<std::uint8_t>('0' + random() % 10);
    }
    base.epid_size = static_cast<std::uint32_t>(2 * character_count + 2);
    return base;
}

}  // namespace diag::test
