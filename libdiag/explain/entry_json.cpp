#include "libdiag/explain/entry_json.h"

#include "libdiag/explain/marks.h"
#include "libdiag/report/json_writer.h"

namespace diag::explain {
namespace {

using report::JsonWriter;

constexpr int schema_version = 1;

void write_texts(JsonWriter& json, std::string_view key, std::span<const std::string_view> texts) {
    json.key(key).begin_array();
    for (const std::string_view text : texts) json.value(text);
    json.end_array();
}

void write_statements(JsonWriter& json, std::string_view key, std::span<const Statement> statements) {
    json.key(key).begin_array();
    for (const Statement& statement : statements) {
        json.begin_object();
        json.key("certainty");
        if (statement.mark.empty()) {
            json.value(nullptr);
        } else {
            json.plain(statement.mark);
        }
        json.member("text", statement.text);
        json.end_object();
    }
    json.end_array();
}

void write_findings(JsonWriter& json, std::string_view relation, std::span<const check::Rule* const> rules) {
    for (const check::Rule* rule : rules) {
        json.begin_object();
        json.plain_member("id", rule->id);
        json.plain_member("relation", relation);
        json.plain_member("severity", check::name_of(rule->severity));
        json.plain_member("stage", check::name_of(rule->stage));
        json.member("summary", rule->summary);
        json.end_object();
    }
}

}  // namespace

void append_json(std::string& out, const Entry& entry, std::string_view query) {
    JsonWriter json{out};
    json.begin_object();
    json.member("schema_version", schema_version);
    json.plain_member("kind", "explanation");
    json.member("query", query);
    json.plain_member("subject", name_of(entry.kind));
    json.member("id", std::string_view{entry.key});
    json.text_or_null("name", entry.name);
    json.text_or_null("meaning", entry.meaning);
    json.key("facts").begin_object();
    for (const Fact& fact : entry.facts) json.member(fact.key, std::string_view{fact.value});
    json.end_object();
    write_texts(json, "causes", entry.causes);
    write_texts(json, "checks", entry.checks);
    json.text_or_null("to_be_sure", entry.to_be_sure);
    write_statements(json, "capture_shows", entry.wire);
    write_texts(json, "events", entry.events);
    write_statements(json, "notes", entry.notes);
    json.key("findings").begin_array();
    write_findings(json, "windows_code", entry.ends_in);
    write_findings(json, "inner_code", entry.logged_for);
    write_findings(json, "event", entry.read_for);
    json.end_array();
    write_texts(json, "sources", entry.sources);
    write_texts(json, "marks", marks_of(entry));
    json.end_object();
    out += '\n';
}

}  // namespace diag::explain
