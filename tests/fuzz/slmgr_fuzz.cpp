// Saved output of slmgr, ospp.vbs and PowerShell: any bytes are read or refused, what was read is judged, and what is of slmgr
// /dlv is written so that it reads back the same.

#include <algorithm>
#include <cstdlib>
#include <span>

#include "libdiag/base/saved_text.h"
#include "libdiag/check/dlv_findings.h"
#include "libdiag/slmgr/dlv_text.h"
#include "libdiag/slmgr/read_saved.h"

namespace {

using namespace diag;
using namespace diag::slmgr;

void require(bool holds) {
    if (!holds) std::abort();
}

std::string text_of_all(const std::vector<Dlv>& products) {
    std::string text;
    for (const Dlv& dlv : products) append_dlv(text, dlv);
    return text;
}

// An escape changes a value for good, and may make a line longer than is read.
bool is_plain(std::string_view text) {
    if (text.find('\\') != std::string_view::npos) return false;
    while (!text.empty()) {
        if (take_line(text).size() > limits::line_size) return false;
    }
    return true;
}

// What begins a product in the text; without it, its lines belong to the product before.
bool have_beginnings(std::span<const Dlv> products) {
    return std::ranges::all_of(products.subspan(1), [](const Dlv& dlv) {
        return !(dlv.service_version.is_absent() && dlv.name.is_absent() && dlv.description.is_absent());
    });
}

// /ato and /xpr have other lines, and a value of JSON may look like any line.
bool are_listings(std::span<const Dlv> products) {
    return std::ranges::all_of(products,
                               [](const Dlv& dlv) { return dlv.kind == SavedKind::dlv || dlv.kind == SavedKind::dli; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto saved = read_saved({data, size});
    if (!saved) {
        require(!saved.error().empty() && saved.error().find('\n') == std::string::npos);
        return 0;
    }
    const std::vector<Dlv>& products = saved->products;
    require(!products.empty() && products.size() <= limits::product_count);
    for (const Dlv& dlv : products)
        require(dlv.unknown_line_count <= size && dlv.error_codes.size() <= limits::error_count);
    for (const auto& finding : check::check_saved(*saved, "saved.txt")) require(finding.rule != nullptr);
    require(check::host_names(products).size() <= check::max_saved_host_count);
    const std::string text = text_of_all(products);
    for (const char c : text) require(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
    if (!is_plain(text) || !have_beginnings(products) || !are_listings(products) || text.size() > limits::file_size)
        return 0;
    if (const auto again = read_saved(bytes_of(text))) require(text_of_all(again->products) == text);
    return 0;
}
