#include "libdiag/windows/event_sink.h"

#include "libdiag/windows/event_fields.h"

namespace diag::windows {

bool EventSink::add(Event event) {
    if (!is_licensing_provider(event.provider)) {
        ++log_.other_count;
        return true;
    }
    is_full_ = is_full_ || log_.events.size() == limits::event_count;
    if (is_full_) return false;
    split_joined_fields(event);
    log_.events.push_back(std::move(event));
    return true;
}

std::string limited(std::string_view text) {
    std::size_t size = std::min(text.size(), limits::event_text_size);
    const auto is_continuation = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80; };
    if (size < text.size()) {
        for (unsigned steps = 0; steps < 3 && is_continuation(size); ++steps) --size;
    }
    return std::string{text.substr(0, size)};
}

}  // namespace diag::windows
