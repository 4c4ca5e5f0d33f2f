#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libdiag/base/uuid.h"

namespace diag::kms {

// What the tables of libdiag/data say of ids and numbers on the wire. Each table is read at its first use; texts and rows
// live as long as the program. A lookup gives nullptr for what a table does not have. Lists in a text are separated by ";".

/// A group of products for which a host keeps one count of clients.
struct Application {
    Uuid application_id;
    std::string_view name;    ///< "Windows"
    std::string_view covers;  ///< "Windows client and Windows Server"
    unsigned min_requests_client_edition = 0;
    unsigned min_requests_server_edition = 0;
    unsigned host_count_ceiling = 0;  ///< at which a genuine host stops counting
    std::string_view protocol_versions;
};

/// A licensed product that a client can name.
struct Product {
    Uuid activation_id;
    Uuid application_id;
    Uuid kms_id;
    std::string_view name;  ///< "Windows 10 Enterprise"
    std::string_view family;
    std::string_view kind;     ///< "client", "server", "office"
    std::string_view channel;  ///< "volume", "retail", "preview"
    unsigned min_clients = 0;
    std::string_view protocol_version;  ///< "6", or a list where sources differ
    std::string_view partial_key;       ///< last five characters of the public setup key; a list, may be empty
};

/// A counted id: what a host key can activate.
struct KmsItem {
    Uuid kms_id;
    Uuid application_id;
    std::string_view name;  ///< "Windows 10/11 (volume)"
    std::string_view kind;
    std::string_view channel;
    unsigned min_clients = 0;
    std::string_view protocol_versions;
    std::string_view can_be_activated_by;  ///< list of HostKey::host_key_id
};

/// A Windows build that can stand in an ePID.
struct HostBuild {
    unsigned build = 0;
    std::string_view nt_version;   ///< "10.0"
    std::string_view client_name;  ///< this or server_name may be empty
    std::string_view server_name;
    unsigned platform_id = 0;              ///< first number of the ePID
    std::string_view client_release_date;  ///< "2018-10-02", may be empty
    std::string_view server_release_date;
    std::string_view can_be_kms_host;  ///< in words
    bool accepts_ndr64 = false;

    /// The server's name, or the client's where no server has this build.
    std::string_view name() const { return server_name.empty() ? client_name : server_name; }
};

/// Key numbers from `first` to `last`, both included.
struct KeyBlock {
    std::uint32_t first = 0;
    std::uint32_t last = 0;

    bool contains(std::uint32_t number) const { return first <= number && number <= last; }
};

/// A host key (CSVLK), known by the numbers that it gives to an ePID.
struct HostKey {
    std::string_view host_key_id;  ///< "ws2019": a name of this toolkit
    Uuid activation_id;
    Uuid application_id;
    std::string_view name;             ///< "Windows Server 2019"
    std::string_view class_;           ///< "customer", "lab", "azure-only", "pre-release"
    unsigned group_id = 0;             ///< second number of the ePID; 0 where it is not known
    std::vector<KeyBlock> blocks;      ///< pid_blocks
    std::vector<KeyBlock> disputed;    ///< blocks that only some sources give
    std::string_view epid_group;       ///< products for which a host uses one ePID
    std::string_view activates;        ///< list of counted ids
    std::string_view release_date;     ///< "2018-11-13"
    std::string_view earliest_date;    ///< earliest plausible day of an activation
    unsigned earliest_host_build = 0;  ///< lowest build that can take the key; 0 where it is not known
};

const Application* find_application(const Uuid& application_id);
const Product* find_product(const Uuid& activation_id);
const KmsItem* find_kms_item(const Uuid& kms_id);
const HostBuild* find_host_build(unsigned build);

/// The host key of this group that owns the number (the nine digits of an ePID). Disputed blocks count only when no other does.
const HostKey* find_host_key(unsigned group_number, std::uint32_t key_number);

/// All rows, in the order of their ids; host keys in the order of their file.
std::span<const Application> all_applications();
std::span<const Product> all_products();
std::span<const KmsItem> all_kms_items();
std::span<const HostBuild> all_host_builds();
std::span<const HostKey> all_host_keys();

/// One line for each cell that does not parse; its row is not among the rows above. Tests keep this empty.
std::vector<std::string> catalogue_problems();

}  // namespace diag::kms
