#pragma once

#include <string>

#include "libdiag/data/table.h"
#include "libdiag/proto/kms/catalogue.h"

// How rows of text become the types of catalogue.h. For the catalogue itself and its tests.

namespace diag::kms {

/// A table as values, in the order of its rows, and what in it did not parse.
template <class Row> struct Rows {
    std::vector<Row> rows;
    std::vector<std::string> errors;
};

Rows<Application> parse_applications(const data::Table& table);
Rows<Product> parse_products(const data::Table& table);
Rows<KmsItem> parse_kms_items(const data::Table& table);
Rows<HostBuild> parse_host_builds(const data::Table& table);
Rows<HostKey> parse_host_keys(const data::Table& table);

}  // namespace diag::kms
