#include "libdiag/report/json_finding.h"

#include "libdiag/base/hex.h"
#include "libdiag/check/consequences.h"

namespace diag::report {
namespace {

template <class Texts> void write_texts(JsonWriter& json, std::string_view key, const Texts& texts) {
    json.key(key).begin_array();
    for (const auto& text : texts) json.value(std::string_view{text});
    json.end_array();
}

}  // namespace

void write_code(JsonWriter& json, std::string_view key, std::uint32_t code) {
    json.key(key);
    if (code == 0) {
        json.value(nullptr);
    } else {
        json.plain(format_code(code));
    }
}

void write_finding(JsonWriter& json, const check::Finding& finding, const check::Rule* because_of) {
    const check::Rule& rule = *finding.rule;
    json.begin_object();
    json.plain_member("id", rule.id);
    json.plain_member("severity", check::name_of(rule.severity));
    json.member("target", std::string_view{finding.target});
    json.plain_member("stage", check::name_of(rule.stage));
    json.member("title", std::string_view{finding.title});
    write_texts(json, "evidence", finding.evidence);
    json.key("packets").begin_array();
    for (const std::uint64_t packet : finding.packets) json.value(packet);
    json.end_array();
    write_code(json, "windows_code", finding.shown_windows_code());
    write_code(json, "inner_code", finding.shown_inner_code());
    write_texts(json, "causes", check::causes_of(finding));
    write_texts(json, "remedy", check::remedy_of(finding));
    json.text_or_null("to_be_sure", check::to_be_sure(finding, rule.to_be_sure));
    json.text_or_null("because_of", because_of == nullptr ? std::string_view{} : because_of->id);
    json.end_object();
}

void write_findings(JsonWriter& json, std::span<const check::Finding> findings) {
    json.key("findings").begin_array();
    for (const check::Finding& finding : findings) {
        const auto above = check::cause_of(finding, findings);
        write_finding(json, finding, above ? findings[*above].rule : nullptr);
    }
    json.end_array();
}

}  // namespace diag::report
