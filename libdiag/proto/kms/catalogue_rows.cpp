#include "libdiag/proto/kms/catalogue_rows.h"

#include "libdiag/proto/kms/row_reader.h"

namespace diag::kms {
namespace {

constexpr Word<ProductKind> kinds[] = {
    {"client", ProductKind::client}, {"server", ProductKind::server}, {"office", ProductKind::office}};
constexpr Word<ProductChannel> channels[] = {
    {"volume", ProductChannel::volume}, {"retail", ProductChannel::retail}, {"preview", ProductChannel::preview}};
constexpr Word<bool> yes_no[] = {{"yes", true}, {"no", false}};
constexpr Word<HostKeyClass> key_classes[] = {{"customer", HostKeyClass::customer},
                                              {"lab", HostKeyClass::lab},
                                              {"azure-only", HostKeyClass::azure_only},
                                              {"pre-release", HostKeyClass::pre_release}};

std::vector<HostKey::Block> to_blocks(const std::vector<std::pair<std::uint32_t, std::uint32_t>>& pairs) {
    std::vector<HostKey::Block> blocks;
    for (const auto& [first, last] : pairs) blocks.push_back({first, last});
    return blocks;
}

// `read` makes one value of one row. Braces evaluate their members in order, so errors come in the order of the struct.
template <class Row> Rows<Row> parse(const data::Table& table, Row (*read)(RowReader&)) {
    Rows<Row> out;
    out.rows.reserve(table.row_count());
    for (std::size_t i = 0; i < table.row_count(); ++i) {
        RowReader row{table, i, out.errors};
        out.rows.push_back(read(row));
    }
    return out;
}

}  // namespace

Rows<Application> parse_applications(const data::Table& table) {
    return parse<Application>(table, [](RowReader& row) {
        return Application{.application_id = row.uuid("application_id"),
                           .name = row.text("name"),
                           .covers = row.text("covers"),
                           .min_clients_client_edition = row.number("min_requests_client_edition"),
                           .min_clients_server_edition = row.number("min_requests_server_edition"),
                           .host_count_ceiling = row.number("host_count_ceiling"),
                           .protocol_versions = row.versions("protocol_versions")};
    });
}

Rows<Product> parse_products(const data::Table& table) {
    return parse<Product>(table, [](RowReader& row) {
        return Product{.activation_id = row.uuid("activation_id"),
                       .name = row.text("name"),
                       .family = row.text("family"),
                       .application_id = row.uuid("application_id"),
                       .kms_id = row.uuid("kms_counted_id"),
                       .alt_kms_ids = row.uuids("alt_kms_counted_ids"),
                       .kind = row.word("kind", kinds),
                       .channel = row.word("channel", channels),
                       .min_clients = row.number("min_clients"),
                       .protocol_versions = row.versions("protocol_version"),
                       .partial_key = row.text("partial_key"),
                       .edition_id = row.text("edition_id")};
    });
}

Rows<KmsItem> parse_kms_items(const data::Table& table) {
    return parse<KmsItem>(table, [](RowReader& row) {
        return KmsItem{.kms_id = row.uuid("kms_counted_id"),
                       .name = row.text("name"),
                       .application_id = row.uuid("application_id"),
                       .min_clients = row.number("min_clients"),
                       .protocol_versions = row.versions("protocol_versions"),
                       .host_key_ids = row.list("can_be_activated_by"),
                       .kind = row.word("kind", kinds),
                       .channel = row.word("channel", channels)};
    });
}

Rows<HostBuild> parse_host_builds(const data::Table& table) {
    return parse<HostBuild>(table, [](RowReader& row) {
        return HostBuild{.build = row.number("build"),
                         .client_name = row.text("client_name"),
                         .server_name = row.text("server_name"),
                         .platform_id = row.number("platform_id"),
                         .client_release = row.optional_date("client_release_date"),
                         .server_release = row.optional_date("server_release_date"),
                         .can_be_kms_host = row.text("can_be_kms_host"),
                         .ndr64 = row.word("ndr64", yes_no)};
    });
}

Rows<HostKey> parse_host_keys(const data::Table& table) {
    return parse<HostKey>(table, [](RowReader& row) {
        return HostKey{.id = row.text("host_key_id"),
                       .activation_id = row.uuid("activation_id"),
                       .name = row.text("name"),
                       .key_class = row.word("class", key_classes),
                       .application_id = row.uuid("application_id"),
                       .group_id = row.optional_number("group_id"),
                       .blocks = to_blocks(row.blocks("pid_blocks")),
                       .disputed_blocks = to_blocks(row.blocks("disputed_blocks")),
                       .epid_group = row.text("epid_group"),
                       .activates = row.uuids("activates"),
                       .release = row.date("release_date"),
                       .earliest_plausible = row.date("earliest_plausible_date"),
                       .earliest_host_build = row.optional_number("earliest_host_build")};
    });
}

}  // namespace diag::kms
