#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "libdiag/base/uuid.h"
#include "libdiag/explain/entry.h"
#include "libdiag/explain/events.h"
#include "libdiag/proto/kms/catalogue.h"
#include "libdiag/proto/kms/epid.h"
#include "libdiag/proto/kms/error_codes.h"

namespace diag::explain {

// Rows of the tables as entries.

Entry entry_of(const kms::ErrorCode& error);
Entry entry_of(const Event& event);
Entry entry_of(const check::Rule& rule);
Entry entry_of(const kms::Product& product);
Entry entry_of(const kms::Application& application);
Entry entry_of(const kms::KmsItem& item);
Entry entry_of(const kms::HostKey& key);

/// The parts of an ePID, with its text as it was given.
Entry entry_of(const kms::Epid& epid, std::string_view text);

/// What the notes of an ePID can say.
std::span<const std::string_view> epid_notes();

/// What a GUID is on the wire of RPC: the KMS interface or a transfer syntax.
std::optional<Entry> rpc_entry(const Uuid& uuid);

/// Everything that the tables know of a kind; of ePIDs nothing.
std::vector<Entry> all_entries(Kind kind);

/// The items of a cell of sources: "a ; b".
std::vector<std::string_view> source_items(std::string_view cell);

}  // namespace diag::explain
