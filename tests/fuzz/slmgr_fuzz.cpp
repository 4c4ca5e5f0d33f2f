// Saved output of slmgr: any bytes are read or refused, and what was read is written so that it reads back the same.

#include <algorithm>
#include <cstdlib>
#include <span>

#include "libdiag/base/saved_text.h"
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto products = read_dlv({data, size});
    if (!products) {
        require(!products.error().empty() && products.error().find('\n') == std::string::npos);
        return 0;
    }
    require(!products->empty() && products->size() <= limits::product_count);
    for (const Dlv& dlv : *products) require(dlv.unknown_line_count <= size);
    const std::string text = text_of_all(*products);
    for (const char c : text) require(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
    if (!is_plain(text) || !have_beginnings(*products) || text.size() > limits::file_size) return 0;
    if (const auto again = read_dlv(bytes_of(text))) require(text_of_all(*again) == text);
    return 0;
}
