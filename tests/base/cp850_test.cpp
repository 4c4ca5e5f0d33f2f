#include "libdiag/base/cp850.h"

#include <catch2/catch.hpp>

#include "libdiag/base/saved_text.h"

namespace diag {
namespace {

// The byte strings of this file were made with Python's codec "cp850".

TEST_CASE("cp850: letters, quotation marks and lines are read", "[cp850]") {
    CHECK(utf8_from_cp850(bytes_of("Zus\x84tzlich, au\xE1"
                                   "erhalb, F\x81hren, \x99\x8E\x9A\x94")) == "Zusätzlich, außerhalb, Führen, ÖÄÜö");
    CHECK(utf8_from_cp850(bytes_of("cl\x82, \xAE"
                                   "fen\x88tre\xAF \xC9\xCD\xFF")) == "clé, «fenêtre» ╔═\u00A0");
}

TEST_CASE("any_text_of: bytes within words tell a console's code page from that of windows", "[cp850]") {
    CHECK(any_text_of(bytes_of("Zus\x84tzliche Toleranzperiode")) == "Zusätzliche Toleranzperiode");
    CHECK(any_text_of(bytes_of("Zus\xE4tzliche Toleranzperiode")) == "Zusätzliche Toleranzperiode");
    CHECK(any_text_of(bytes_of("das \x84Ger\xE4t\x93, und l\x92"
                               "autre \x96 bo\xEEte")) == "das „Gerät“, und l’autre – boîte");
    CHECK(any_text_of(bytes_of("Zus\xC3\xA4tzliche Toleranzperiode")) == "Zusätzliche Toleranzperiode");
    CHECK(any_text_of(bytes_of("\x83\x7a\x83\x58\x83\x67\x96\xbc")) == "ホスト名");
}

}  // namespace
}  // namespace diag
