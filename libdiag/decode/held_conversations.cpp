#include "libdiag/decode/held_conversations.h"

namespace diag::decode {
namespace {

std::size_t size_of(const HeldConversations::Held& held) {
    std::size_t size = 0;
    for (const Told& told : held.told) size += told.text.size();
    return size;
}

}  // namespace

std::optional<Attempt> HeldConversations::attempt_of(const dissect::Conversation& c) {
    if (!c.found_through || !c.found_through->has_others || c.part > 1 || c.continues) return std::nullopt;
    return Attempt{.query = c.found_through->query,
                   .question = c.found_through->asked.packet,
                   .host = c.host,
                   .target = c.found_through->target,
                   .began = c.first.time};
}

HeldConversations::Sequel HeldConversations::sequel_of(const Attempt& failed, const Attempt& served) {
    if (search_of(failed) != search_of(served) || served.host == failed.host || served.began < failed.began)
        return Sequel::none;
    return served.target == failed.target ? Sequel::other_address : Sequel::other_host;
}

Told HeldConversations::take(std::size_t index, Sequel sequel) {
    const auto at = held_.begin() + static_cast<std::ptrdiff_t>(index);
    size_ -= size_of(*at);
    Told told = std::move(at->told[static_cast<std::size_t>(sequel)]);
    held_.erase(at);
    return told;
}

std::vector<Told> HeldConversations::hold(Held held) {
    std::vector<Told> out;
    // One that nobody answered is reported late, perhaps behind the one that came after it.
    const auto served = served_.find(search_of(held.attempt));
    const Sequel sequel = served == served_.end() ? Sequel::none : sequel_of(held.attempt, served->second);
    if (sequel != Sequel::none) {
        out.push_back(std::move(held.told[static_cast<std::size_t>(sequel)]));
        return out;
    }
    size_ += size_of(held);
    held_.push_back(std::move(held));
    while (held_.size() > max_count || size_ > max_size) out.push_back(take(0, Sequel::none));
    return out;
}

std::vector<Told> HeldConversations::on_served(const Attempt& attempt) {
    if (served_.size() >= max_served) served_.clear();
    served_.insert_or_assign(search_of(attempt), attempt);
    std::vector<Told> out;
    for (std::size_t i = 0; i < held_.size();) {
        const Sequel sequel = sequel_of(held_[i].attempt, attempt);
        if (sequel == Sequel::none) {
            ++i;
        } else {
            out.push_back(take(i, sequel));
        }
    }
    return out;
}

std::vector<Told> HeldConversations::take_due(Timestamp now) {
    std::vector<Told> out;
    while (!held_.empty() && now.ns - held_.front().since.ns > patience_ns) out.push_back(take(0, Sequel::none));
    return out;
}

std::vector<Told> HeldConversations::take_all() {
    std::vector<Told> out;
    while (!held_.empty()) out.push_back(take(0, Sequel::none));
    return out;
}

}  // namespace diag::decode
