#include "tools/kms-decode/packet_comments.h"

#include <catch2/catch.hpp>

using diag::tool::PacketComments;

namespace {

std::vector<std::string> of(PacketComments& comments, std::uint64_t packet) {
    const auto found = comments.of(packet);
    return {found.begin(), found.end()};
}

}  // namespace

TEST_CASE("packet comments: each packet has its own, in the order in which they came, each once", "[tools]") {
    PacketComments comments;
    comments.add(7, "b");
    comments.add(3, "x");
    comments.add(7, "a");
    comments.add(7, "b");
    comments.add(std::uint64_t{1} << 48 | 7, "of another capture");
    comments.sort();
    CHECK(of(comments, 7) == std::vector<std::string>{"b", "a"});
    CHECK(of(comments, 3) == std::vector<std::string>{"x"});
    CHECK(of(comments, 4).empty());
    CHECK(of(comments, std::uint64_t{1} << 48 | 7) == std::vector<std::string>{"of another capture"});
    CHECK(comments.left_out_count() == 0);
}

TEST_CASE("packet comments: past the limit all further ones are left out, and counted", "[tools]") {
    PacketComments comments{1000};
    for (std::uint64_t i = 1; i <= 100; ++i) comments.add(i, std::string(84, 'x'));  // 100 bytes each, with their entry
    comments.add(101, "");
    comments.sort();
    CHECK(comments.left_out_count() == 91);
    for (std::uint64_t i = 1; i <= 101; ++i) CHECK(of(comments, i).size() == (i <= 10 ? 1 : 0));
}
