#include "libdiag/explain/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "libdiag/explain/entries.h"
#include "libdiag/explain/labels.h"
#include "libdiag/explain/marks.h"
#include "libdiag/proto/dcerpc/names.h"
#include "libdiag/proto/ip/icmp.h"
#include "libdiag/report/labels.h"

namespace diag::explain {
namespace {

constexpr std::string_view sample_epid = "03612-00206-471-111111-03-1033-17763.0000-2822018";

class Collector {
public:
    void add(std::string_view text, std::string where) {
        if (!is_blank_cell(text) && seen_.insert(text).second) messages_.push_back({text, std::move(where)});
    }

    void add_all(std::span<const std::string_view> texts, std::string_view where, std::string_view what) {
        for (std::size_t i = 0; i < texts.size(); ++i) add(texts[i], fmt::format("{} {} {}", where, what, i + 1));
    }

    void add_statements(std::span<const Statement> statements, std::string_view where, std::string_view what) {
        for (const Statement& statement : statements) add(statement.text, fmt::format("{} {}", where, what));
    }

    void add_labels(const Entry& entry) {
        for (const Fact& fact : entry.facts) add(fact.label, fmt::format("label of {}", name_of(entry.kind)));
    }

    std::vector<Message> take() { return std::move(messages_); }

private:
    std::set<std::string_view> seen_;
    std::vector<Message> messages_;
};

void add_entry(Collector& out, const Entry& entry) {
    out.add(entry.meaning, fmt::format("{} meaning", entry.key));
    out.add_all(entry.causes, entry.key, "cause");
    out.add_all(entry.checks, entry.key, entry.kind == Kind::finding ? "remedy" : "check");
    out.add(entry.to_be_sure, fmt::format("{} to be sure", entry.key));
    out.add_statements(entry.wire, entry.key, "capture shows");
    out.add_all(entry.events, entry.key, "event");
    out.add_statements(entry.notes, entry.key, "note");
    out.add_labels(entry);
}

void add_rules(Collector& out) {
    for (const Entry& entry : all_entries(Kind::finding)) add_entry(out, entry);
}

void add_codes(Collector& out) {
    for (const kms::ErrorCode& error : kms::all_errors()) {
        add_entry(out, entry_of(error));
        out.add(error.where, "where a code arises");
    }
}

void add_events(Collector& out) {
    for (const Event& event : all_events()) {
        add_entry(out, entry_of(event));
        // The facts whose values are words, and not names or numbers.
        out.add(event.side, fmt::format("event {} side", event.key));
        out.add(event.log, fmt::format("event {} log", event.key));
        out.add(event.layout, fmt::format("event {} fields", event.key));
        out.add(event.certainty, fmt::format("event {} certainty", event.key));
    }
}

// Of ids only what stands around the names: names and remarks on sources stay as they are.
void add_ids(Collector& out) {
    for (const Kind kind :
         {Kind::product, Kind::application, Kind::counted_item, Kind::host_key, Kind::rpc_interface}) {
        for (const Entry& entry : all_entries(kind)) {
            out.add(entry.meaning, fmt::format("{} meaning", name_of(kind)));
            out.add_labels(entry);
        }
    }
    const Entry epid = entry_of(*kms::parse_epid(sample_epid), sample_epid);
    out.add(epid.meaning, "epid meaning");
    out.add_labels(epid);
    out.add_all(epid_notes(), "epid", "note");
}

void add_names(Collector& out, std::span<const Name> names, std::string_view where) {
    for (const Name& name : names) out.add(name.name, fmt::format("{} {}", where, name.value));
}

// What findings quote of PDUs and ICMP errors.
void add_reasons(Collector& out) {
    add_names(out, dcerpc::provider_reason_names, "bind_ack reason");
    add_names(out, dcerpc::reject_reason_names, "bind_nak reason");
    add_names(out, dcerpc::fault_status_names, "fault status");
    constexpr std::pair<IpAddress::Family, std::uint8_t> icmp_errors[] = {
        {IpAddress::Family::v4, 3}, {IpAddress::Family::v4, 11}, {IpAddress::Family::v4, 12},
        {IpAddress::Family::v6, 1}, {IpAddress::Family::v6, 3},  {IpAddress::Family::v6, 4},
    };
    constexpr std::uint8_t max_code = 15;
    for (const auto& [family, type] : icmp_errors) {
        out.add(ip::icmp_type_name(family, type), fmt::format("ICMP type {}", type));
        for (std::uint8_t code = 0; code <= max_code; ++code)
            out.add(ip::icmp_code_name(family, type, code), fmt::format("ICMP type {} code {}", type, code));
    }
}

// A string of a .po file.
std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

}  // namespace

std::vector<Message> all_messages() {
    Collector out;
    out.add_all(report::label::all, "findings", "label");
    out.add_all(label::all, "kms-explain", "label");
    for (const Mark& mark : all_marks()) out.add(mark.text, fmt::format("mark [{}]", mark.name));
    add_rules(out);
    add_codes(out);
    add_events(out);
    add_ids(out);
    add_reasons(out);
    return out.take();
}

std::string message_template() {
    std::string text =
        "# Texts of rules, codes and events. Generated from the tables by scripts/update-docs.\n"
        "msgid \"\"\nmsgstr \"\"\n"
        "\"Project-Id-Version: kms-diagnostics\\n\"\n"
        "\"MIME-Version: 1.0\\n\"\n"
        "\"Content-Type: text/plain; charset=UTF-8\\n\"\n"
        "\"Content-Transfer-Encoding: 8bit\\n\"\n";
    for (const Message& message : all_messages())
        text += fmt::format("\n#. {}\nmsgid {}\nmsgstr \"\"\n", message.where, quoted(message.text));
    return text;
}

}  // namespace diag::explain
