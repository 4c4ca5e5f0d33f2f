#include "libdiag/decode/verdict_json.h"

#include "libdiag/decode/document_json.h"
#include "libdiag/report/verdict.h"

namespace diag::decode {

void append_verdict_json(std::string& out, const check::Verdict& verdict) {
    report::JsonWriter json{out};
    begin_document(json, "verdict");
    report::write_causes(json, verdict);
    json.end_object();
    out += '\n';
}

}  // namespace diag::decode
