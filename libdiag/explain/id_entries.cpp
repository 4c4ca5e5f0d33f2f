#include <fmt/format.h>

#include <algorithm>

#include "libdiag/check/rules.h"
#include "libdiag/data/table.h"
#include "libdiag/explain/entries.h"
#include "libdiag/proto/dcerpc/syntax.h"

namespace diag::explain {
namespace {

void add_fact(Entry& entry, std::string_view key, std::string_view label, std::string value) {
    if (!value.empty()) entry.facts.push_back({key, label, std::move(value)});
}

void add_application(Entry& entry, const Uuid& id) {
    const kms::Application* application = kms::find_application(id);
    if (application != nullptr)
        add_fact(entry, "application", "Counted with", fmt::format("{} ({})", application->name, to_string(id)));
}

void add_clients(Entry& entry, unsigned count) {
    if (count > 0) add_fact(entry, "min_clients", "Clients that it needs", std::to_string(count));
}

// "ws2019;ws2019-lab" as the names of those host keys, one of each.
std::string host_key_names(std::string_view ids) {
    std::vector<std::string_view> names;
    for (const std::string_view id : kms::list_items(ids)) {
        for (const kms::HostKey& key : kms::all_host_keys()) {
            if (key.host_key_id == id && std::ranges::find(names, key.name) == names.end()) names.push_back(key.name);
        }
    }
    return fmt::format("{}", fmt::join(names, "; "));
}

// By the key of its row; empty for none.
std::string_view cell_of(const data::Table& table, std::string_view key, std::string_view column) {
    const std::size_t at = table.column(column);
    for (std::size_t i = 0; at != data::Table::no_column && i < table.row_count(); ++i)
        if (table.row(i)[0] == key) return table.row(i)[at];
    return {};
}

void add_sources(Entry& entry, const data::Table& table, std::string_view key) {
    entry.sources = kms::list_items(cell_of(table, key, "source"));
    if (const std::string_view note = cell_of(table, key, "notes"); !note.empty()) entry.notes.push_back({{}, note});
}

bool is_disputed(const kms::HostKey& key, std::uint32_t number) {
    const auto has_it = [number](const kms::KeyBlock& block) { return block.contains(number); };
    return std::ranges::none_of(key.blocks, has_it) && std::ranges::any_of(key.disputed, has_it);
}

std::string block_text(const kms::KeyBlock& block) { return fmt::format("{}-{}", block.first, block.last); }

constexpr std::string_view unknown_key = "No host key with this group and number is known.";
constexpr std::string_view disputed_key = "Sources disagree on whose this number is.";
constexpr std::string_view lab_mark =
    "The mark .9999 behind the build: the reference host of this toolkit, no Windows.";
constexpr std::string_view unknown_build = "No Windows with this build is known.";
constexpr std::string_view no_such_day = "The day of the activation is none of that year.";
constexpr std::string_view notes_of_epids[] = {unknown_key, disputed_key, lab_mark, unknown_build, no_such_day};

// What kms::describe_epid() calls the parts, as texts that last.
struct EpidLabel {
    std::string_view key, label;
};
constexpr EpidLabel epid_labels[] = {
    {"platform_id", "Platform id"},           {"group_id", "Group id"}, {"key_id", "Key id"},
    {"channel", "License channel"},           {"lcid", "Language id"},  {"build", "Host build"},
    {"activation_day", "Host key activated"},
};

struct RpcName {
    Uuid uuid;
    std::string_view name;
    std::string_view meaning;
};
constexpr RpcName rpc_names[] = {
    {dcerpc::kms_interface_id, "KMS interface",
     "The RPC interface of the activation service, version 1.0: what a KMS client binds to."},
    {dcerpc::ndr32_syntax_id, "NDR32",
     "The transfer syntax NDR, version 2.0: how calls are written with 32-bit lengths."},
    {dcerpc::ndr64_syntax_id, "NDR64",
     "The transfer syntax NDR64, version 1.0: how calls are written with 64-bit lengths; hosts accept it from build "
     "9200 (Windows Server 2012) on."},
    {dcerpc::btfn_syntax_id, "BTFN",
     "Bind time feature negotiation: a question in the form of a transfer syntax, which no call uses."},
};

Entry entry_of_name(const RpcName& name, const Uuid& uuid) {
    return {.kind = Kind::rpc_interface, .key = to_string(uuid), .name = name.name, .meaning = name.meaning};
}

template <class Row> std::vector<Entry> entries_of(std::span<const Row> rows) {
    std::vector<Entry> entries;
    entries.reserve(rows.size());
    for (const Row& row : rows) entries.push_back(entry_of(row));
    return entries;
}

std::vector<Entry> rpc_entries() {
    std::vector<Entry> entries;
    for (const RpcName& name : rpc_names) entries.push_back(entry_of_name(name, name.uuid));
    return entries;
}

}  // namespace

Entry entry_of(const kms::Product& product) {
    Entry entry{.kind = Kind::product, .key = to_string(product.activation_id), .name = product.name, .meaning = {}};
    add_fact(entry, "family", "Family", std::string{product.family});
    add_fact(entry, "product_kind", "Kind", std::string{product.kind});
    add_fact(entry, "channel", "Channel", std::string{product.channel});
    add_application(entry, product.application_id);
    add_clients(entry, product.min_clients);
    add_fact(entry, "protocol_version", "Protocol version", std::string{product.protocol_version});
    add_fact(entry, "partial_key", "Last characters of the setup key", std::string{product.partial_key});
    if (const kms::KmsItem* item = kms::find_kms_item(product.kms_id)) {
        add_fact(entry, "counted_item", "Counted item", fmt::format("{} ({})", item->name, to_string(item->kms_id)));
        add_fact(entry, "host_keys", "Host keys that activate it", host_key_names(item->can_be_activated_by));
    }
    add_sources(entry, data::products_table, entry.key);
    return entry;
}

Entry entry_of(const kms::Application& application) {
    Entry entry{.kind = Kind::application,
                .key = to_string(application.application_id),
                .name = application.name,
                .meaning = "A group of products for which a host keeps one count of clients."};
    add_fact(entry, "covers", "Covers", std::string{application.covers});
    add_fact(entry, "min_clients_client", "Clients that client editions need",
             std::to_string(application.min_requests_client_edition));
    add_fact(entry, "min_clients_server", "Clients that server editions need",
             std::to_string(application.min_requests_server_edition));
    add_fact(entry, "count_ceiling", "A host counts up to", std::to_string(application.host_count_ceiling));
    add_fact(entry, "protocol_version", "Protocol version", std::string{application.protocol_versions});
    add_sources(entry, data::applications_table, entry.key);
    return entry;
}

Entry entry_of(const kms::KmsItem& item) {
    Entry entry{.kind = Kind::counted_item,
                .key = to_string(item.kms_id),
                .name = item.name,
                .meaning = "A counted id: what a host key can activate."};
    add_application(entry, item.application_id);
    add_fact(entry, "product_kind", "Kind", std::string{item.kind});
    add_fact(entry, "channel", "Channel", std::string{item.channel});
    add_clients(entry, item.min_clients);
    add_fact(entry, "protocol_version", "Protocol version", std::string{item.protocol_versions});
    add_fact(entry, "host_keys", "Host keys that activate it", host_key_names(item.can_be_activated_by));
    add_sources(entry, data::kms_items_table, entry.key);
    return entry;
}

Entry entry_of(const kms::HostKey& key) {
    Entry entry{.kind = Kind::host_key,
                .key = to_string(key.activation_id),
                .name = key.name,
                .meaning = "A KMS host key (CSVLK), known by the numbers that it gives to an ePID."};
    add_fact(entry, "host_key_id", "Name in this toolkit", std::string{key.host_key_id});
    add_fact(entry, "class", "Class", std::string{key.class_});
    if (key.group_id != 0) add_fact(entry, "group_id", "Group in an ePID", fmt::format("{:05}", key.group_id));
    std::vector<std::string> blocks;
    blocks.reserve(key.blocks.size());
    for (const kms::KeyBlock& block : key.blocks) blocks.push_back(block_text(block));
    add_fact(entry, "key_numbers", "Numbers in an ePID", fmt::format("{}", fmt::join(blocks, "; ")));
    add_fact(entry, "release_date", "Released", std::string{key.release_date});
    add_sources(entry, data::host_keys_table, key.host_key_id);
    return entry;
}

Entry entry_of(const kms::Epid& epid, std::string_view text) {
    Entry entry{.kind = Kind::epid,
                .key = std::string{text},
                .name = {},
                .meaning = "The ePID of a KMS host: which machine and which host key answered."};
    Node parts{.value = std::string{text}};
    kms::describe_epid(parts);
    for (const Node& part : parts.children) {
        const auto* label = std::ranges::find(epid_labels, std::string_view{part.key}, &EpidLabel::key);
        if (label == std::ranges::end(epid_labels)) continue;
        std::string value = part.meaning.empty() ? part.value : fmt::format("{} ({})", part.value, part.meaning);
        add_fact(entry, label->key, label->label, std::move(value));
    }
    const kms::HostKey* key = kms::host_key(epid);
    if (key == nullptr) {
        entry.notes.push_back({"?", unknown_key});
    } else if (is_disputed(*key, epid.key_id())) {
        entry.notes.push_back({"?", disputed_key});
    }
    if (epid.is_lab()) {
        entry.notes.push_back({{}, lab_mark});
        entry.read_for.push_back(&check::rule::host_lab);
    } else if (kms::host_os(epid).empty()) {
        entry.notes.push_back({"?", unknown_build});
    }
    if (!kms::activation_date(epid)) entry.notes.push_back({{}, no_such_day});
    return entry;
}

std::span<const std::string_view> epid_notes() { return notes_of_epids; }

std::optional<Entry> rpc_entry(const Uuid& uuid) {
    for (const RpcName& name : rpc_names) {
        if (uuid == name.uuid) return entry_of_name(name, uuid);
    }
    if (dcerpc::syntax_of(uuid) == dcerpc::Syntax::btfn) return entry_of_name(std::end(rpc_names)[-1], uuid);
    return std::nullopt;
}

std::vector<Entry> all_entries(Kind kind) {
    switch (kind) {
        case Kind::code: return entries_of(kms::all_errors());
        case Kind::event: return entries_of(all_events());
        case Kind::product: return entries_of(kms::all_products());
        case Kind::application: return entries_of(kms::all_applications());
        case Kind::counted_item: return entries_of(kms::all_kms_items());
        case Kind::host_key: return entries_of(kms::all_host_keys());
        case Kind::rpc_interface: return rpc_entries();
        case Kind::epid: return {};
        case Kind::finding: break;
    }
    std::vector<Entry> entries;
    for (const check::Rule* rule : check::all_rules()) entries.push_back(entry_of(*rule));
    return entries;
}

}  // namespace diag::explain
