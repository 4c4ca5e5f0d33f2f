#include "libdiag/decode/redaction_json.h"

#include "libdiag/decode/document_json.h"

namespace diag::decode {

void append_redaction_json(std::string& out) {
    report::JsonWriter json{out};
    begin_document(json, "redaction");
    json.member("redacted", true);
    json.key("pseudonyms_for").begin_array();
    for (const char* what : {"names", "ip_addresses", "mac_addresses", "client_machine_ids", "epids", "hwids"})
        json.plain(what);
    json.end_array();
    json.end_object();
    out += '\n';
}

}  // namespace diag::decode
