#pragma once

#include <expected>
#include <string>

#include "libdiag/proto/kms/catalogue.h"

namespace diag::kms {

/// The product that somebody means: an activation id, the whole name or one of its parts between slashes, or words of which
/// all occur in the name and which fit one product only; letters of either case, volume products before others. The error is
/// one line that names what fits, a few of it where much does.
///
///     choose_product("windows 11 enterprise"), choose_product("ltsc 2021 n"), choose_product("73111121-5638-...")
std::expected<const Product*, std::string> choose_product(std::string_view text);

/// "Windows 11 Enterprise / Windows 10 Enterprise": what the tools take when nobody says.
const Product& default_product();

}  // namespace diag::kms
