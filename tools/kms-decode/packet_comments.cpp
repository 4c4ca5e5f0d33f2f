#include "tools/kms-decode/packet_comments.h"

#include <algorithm>

namespace diag::tool {

void PacketComments::add(std::uint64_t packet, std::string_view text) {
    const std::size_t size = texts_.size() + text.size() + (entries_.size() + 1) * sizeof(Entry);
    if (size > max_size_ || left_out_count_ > 0) {
        ++left_out_count_;
        return;
    }
    entries_.push_back({packet, static_cast<std::uint32_t>(texts_.size()), static_cast<std::uint32_t>(text.size())});
    texts_ += text;
}

void PacketComments::sort() { std::ranges::stable_sort(entries_, {}, &Entry::packet); }

std::span<const std::string> PacketComments::of(std::uint64_t packet) {
    found_.clear();
    for (const Entry& entry : std::ranges::equal_range(entries_, packet, {}, &Entry::packet)) {
        const std::string_view text = std::string_view{texts_}.substr(entry.begin, entry.size);
        // Parts of one conversation repeat how it began.
        if (std::ranges::find(found_, text) == found_.end()) found_.emplace_back(text);
    }
    return found_;
}

}  // namespace diag::tool
