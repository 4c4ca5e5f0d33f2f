#include "libdiag/report/json_finding.h"

#include "libdiag/base/hex.h"

namespace diag::report {
namespace {

template <class Texts> void write_texts(JsonWriter& json, std::string_view key, const Texts& texts) {
    json.key(key).begin_array();
    for (const auto& text : texts) json.value(std::string_view{text});
    json.end_array();
}

void write_finding(JsonWriter& json, const check::Finding& finding) {
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
    json.end_object();
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

void write_findings(JsonWriter& json, std::span<const check::Finding> findings) {
    json.key("findings").begin_array();
    for (const check::Finding& finding : findings) write_finding(json, finding);
    json.end_array();
}

}  // namespace diag::report
