#include "libdiag/decode/document_json.h"

namespace diag::decode {
namespace {

constexpr int schema_version = 1;

}  // namespace

using report::JsonWriter;

void begin_document(JsonWriter& json, std::string_view kind) {
    json.begin_object();
    json.member("schema_version", schema_version);
    json.plain_member("kind", kind);
}

void begin_document(JsonWriter& json, std::string_view kind, std::string_view capture) {
    begin_document(json, kind);
    json.member("capture", capture);
}

void write_endpoint(JsonWriter& json, std::string_view key, const Endpoint& endpoint) {
    json.key(key).begin_object();
    json.plain_member("ip", to_string(endpoint.ip));
    json.member("port", endpoint.port);
    json.end_object();
}

void write_duration(JsonWriter& json, std::string_view key, const std::optional<std::int64_t>& ns) {
    json.key(key);
    if (ns) {
        json.milliseconds(*ns);
    } else {
        json.value(nullptr);
    }
}

void write_time(JsonWriter& json, std::string_view key, const dissect::Mark& mark, unsigned digits) {
    json.key(key);
    if (mark) {
        json.plain(format_rfc3339(mark.time, digits));
    } else {
        json.value(nullptr);
    }
}

}  // namespace diag::decode
