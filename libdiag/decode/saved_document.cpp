#include "libdiag/decode/saved_document.h"

#include <fmt/format.h>

#include "libdiag/base/utf.h"
#include "libdiag/decode/document_json.h"
#include "libdiag/report/json_finding.h"

namespace diag::decode {

void append_text(std::string& out, const SavedDocument& document, const report::Style& style, bool verbose) {
    out += style.strong(escape_for_terminal(document.source)) + '\n';
    const std::string count = report::format_count(document.saved.products.size(), "product", "products");
    out += fmt::format("  saved output of {}\n", count);
    report::append_findings(out, document.findings, style, verbose);
    out += '\n';
}

void append_json(std::string& out, const SavedDocument& document) {
    report::JsonWriter json{out};
    begin_document(json, "saved");
    json.member("source", std::string_view{document.source});
    json.member("product_count", document.saved.products.size());
    report::write_findings(json, document.findings);
    json.end_object();
    out += '\n';
}

}  // namespace diag::decode
