#include "libdiag/windows/event_text.h"

#include <optional>

#include "libdiag/base/line_text.h"
#include "libdiag/base/saved_text.h"
#include "libdiag/windows/event_fields.h"
#include "libdiag/windows/event_time.h"

namespace diag::windows {
namespace {

bool is_block_start(std::string_view line) {
    constexpr std::string_view start = "Event[";
    if (!line.starts_with(start)) return false;
    const std::string_view rest = line.substr(start.size());
    const std::size_t end = rest.find_first_not_of("0123456789");
    if (end == 0 || end == std::string_view::npos) return false;
    const std::string_view behind = trimmed(rest.substr(end));
    return behind == "]:" || behind == "]";
}

class BlockReader {
public:
    explicit BlockReader(EventSink& sink) : sink_{sink} {}

    // False: there are more events than the limit.
    bool add(std::string_view line) {
        if (is_block_start(line)) {
            if (!finish()) return false;
            event_.emplace();
        } else if (in_description_) {
            if (description_.size() < limits::event_text_size) description_.append(line).append("\n");
        } else if (event_) {
            read_value(trimmed(line));
        }
        return true;
    }

    bool finish() {
        if (!event_) return true;
        bool goes_on = true;
        if (!has_id_) {
            sink_.add_unreadable();
        } else {
            event_->fields = fields_of_message(event_->event_id, trimmed(description_));
            goes_on = sink_.add(std::move(*event_));
        }
        event_.reset();
        has_id_ = in_description_ = false;
        description_.clear();
        return goes_on;
    }

private:
    void read_value(std::string_view line) {
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) return;
        const std::string_view name = line.substr(0, colon);
        const std::string_view value = trimmed(line.substr(colon + 1));
        if (name == "Log Name") {
            event_->channel = limited(value);
        } else if (name == "Source") {
            event_->provider = limited(value);
        } else if (name == "Computer") {
            event_->computer = limited(value);
        } else if (name == "Date") {
            set_time(*event_, parse_iso_time(value));
        } else if (name == "Event ID") {
            const auto id = event_id_of(value);
            has_id_ = id.has_value();
            event_->event_id = id.value_or(0);
        } else if (name == "Description") {
            in_description_ = true;
            description_ = std::string{value};
            if (!value.empty()) description_ += '\n';
        }
    }

    EventSink& sink_;
    std::optional<Event> event_;
    bool has_id_ = false;
    bool in_description_ = false;
    std::string description_;
};

}  // namespace

bool is_event_text(std::string_view text) {
    std::string_view line;
    while (!text.empty() && trimmed(line).empty()) line = take_line(text);
    return is_block_start(line);
}

void read_event_text(std::string_view text, EventSink& sink) {
    BlockReader reader{sink};
    bool goes_on = true;
    while (goes_on && !text.empty()) goes_on = reader.add(take_line(text));
    if (goes_on) reader.finish();
}

}  // namespace diag::windows
