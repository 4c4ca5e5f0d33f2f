#include "libdiag/windows/event_list.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "libdiag/base/line_text.h"
#include "libdiag/base/saved_text.h"
#include "libdiag/windows/event_fields.h"
#include "libdiag/windows/printed_times.h"

namespace diag::windows {
namespace {

constexpr std::size_t max_name_size = 64;  // those of events have at most 20
constexpr unsigned max_block_lines = 256;  // of the first event, to tell what it is

enum class Value : std::uint8_t { time, source, id, instance, computer, channel, message, count };
constexpr std::size_t value_count = static_cast<std::size_t>(Value::count);

struct Property {
    std::string_view name;
    Value value;
};
constexpr Property properties[] = {
    {"TimeCreated", Value::time},
    {"TimeGenerated", Value::time},
    {"ProviderName", Value::source},
    {"Source", Value::source},
    {"Id", Value::id},
    {"EventID", Value::id},
    {"InstanceId", Value::instance},
    {"MachineName", Value::computer},
    {"LogName", Value::channel},
    {"Message", Value::message},
};

std::optional<Value> value_named(std::string_view name) {
    const auto* found =
        std::ranges::find_if(properties, [name](const Property& p) { return equals_word(p.name, name); });
    if (found == std::end(properties)) return std::nullopt;
    return found->value;
}

bool is_number(std::optional<Value> value) { return value == Value::id || value == Value::instance; }

struct NamedLine {
    std::string_view name;
    std::string_view value;
    std::size_t indent;  // of the lines below that belong to the value
};

std::optional<NamedLine> named_line(std::string_view line) {
    const std::size_t size = std::min(line.find_first_of(" :"), line.size());
    if (size == 0 || size > max_name_size) return std::nullopt;
    const std::size_t colon = std::min(line.find_first_not_of(' ', size), line.size());
    if (colon == size || colon > max_name_size || !line.substr(colon).starts_with(':')) return std::nullopt;
    const std::size_t indent = colon + 2;
    return NamedLine{line.substr(0, size), line.substr(std::min(indent, line.size())), indent};
}

// In characters: PowerShell counts those of a file, wide or not.
std::size_t width_of(std::string_view line) {
    return static_cast<std::size_t>(
        std::ranges::count_if(line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::size_t widest_line(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) width = std::max(width, width_of(take_line(text)));
    return width;
}

// One value over several lines. Where PowerShell cut a line between words, the blank between them is gone.
class LongValue {
public:
    void begin(std::string_view text, bool is_full) {
        text_ = limited(text);
        is_full_ = is_full;
    }
    void go_on(std::string_view text, bool is_full) {
        if (text_.size() >= limits::event_text_size) return;
        if (!is_full_) {
            text_ += '\n';
        } else if (starts_with_clock(text) && ends_with_year_or_day()) {
            text_ += ' ';
        }
        text_ += limited(text);
        is_full_ = is_full;
    }
    std::string_view text() const { return trimmed(text_); }

private:
    static bool is_digit(char c) { return c >= '0' && c <= '9'; }

    // "09:15".
    static bool starts_with_clock(std::string_view text) {
        return text.size() >= 5 && is_digit(text[0]) && is_digit(text[1]) && text[2] == ':' && is_digit(text[3]) &&
               is_digit(text[4]);
    }
    // "2026/11/24" or "11/24/2026".
    bool ends_with_year_or_day() const {
        const std::string_view text = text_;
        const std::size_t word = text.find_last_of(" ,\n") + 1;
        const std::string_view date = text.substr(word);
        return date.size() >= 8 && std::ranges::count(date, '/') == 2 && is_digit(date.back());
    }

    std::string text_;
    bool is_full_ = false;
};

class ListReader {
public:
    ListReader(EventSink& sink, std::size_t width) : sink_{sink}, times_{sink}, width_{width} {}

    // False: there are more events than the limit.
    bool add(std::string_view line) {
        const bool is_full = width_of(line) == width_;
        if (const auto named = named_line(line); named && (first_.empty() || named->indent == indent_)) {
            if (!begin(*named, is_full)) return false;
        } else if (current_ && line.size() > indent_ && trimmed(line.substr(0, indent_)).empty()) {
            at(*current_).go_on(line.substr(indent_), is_full);
        }
        return true;
    }

    bool finish() {
        if (!is_open_) return true;
        is_open_ = false;
        const auto id = id_of_block();
        if (!id) {
            sink_.add_unreadable();
            return true;
        }
        const std::string message = message_of(*id);
        Event event{.provider = limited(at(Value::source).text()),
                    .channel = limited(at(Value::channel).text()),
                    .computer = limited(at(Value::computer).text()),
                    .event_id = *id,
                    .fields = fields_of_message(*id, message)};
        if (event.provider.empty()) event.provider = provider_of_message(*id, message);
        return times_.add(std::move(event), at(Value::time).text());
    }

    void finish_times() { times_.finish(); }

private:
    // The name that the first block begins with begins each.
    bool begin(const NamedLine& line, bool is_full) {
        if (first_.empty()) {
            first_ = line.name;
            indent_ = line.indent;
        }
        if (equals_word(line.name, first_)) {
            if (!finish()) return false;
            values_ = {};
            is_open_ = true;
        }
        current_ = value_named(line.name);
        if (current_) at(*current_).begin(line.value, is_full);
        return true;
    }

    // The upper half of an InstanceId has the severity.
    std::optional<std::uint32_t> id_of_block() {
        if (const auto id = event_id_of(at(Value::id).text())) return id;
        const auto instance = event_id_of(at(Value::instance).text());
        if (!instance) return std::nullopt;
        return *instance & 0xFFFF;
    }

    // The values behind the first code are one line, however many PowerShell made of it.
    std::string message_of(std::uint32_t id) {
        std::string message{at(Value::message).text()};
        if (!has_joined_fields(id)) return message;
        const std::size_t list = std::min(message.find("0x"), message.size());
        std::ranges::replace(message.begin() + static_cast<std::ptrdiff_t>(list), message.end(), '\n', ' ');
        return message;
    }

    LongValue& at(Value value) { return values_[static_cast<std::size_t>(value)]; }

    EventSink& sink_;
    PrintedTimes times_;
    std::size_t width_;
    std::string_view first_;
    std::size_t indent_ = 0;
    bool is_open_ = false;
    std::array<LongValue, value_count> values_;
    std::optional<Value> current_;
};

}  // namespace

bool is_event_list(std::string_view text) {
    std::optional<NamedLine> first;
    bool has_id = false;
    bool has_more = false;
    for (unsigned count = 0; !text.empty() && count < max_block_lines; ++count) {
        const std::string_view line = take_line(text);
        const auto named = named_line(line);
        if (!first) {
            if (trimmed(line).empty()) continue;
            if (!named) return false;
            first = named;
        } else if (!named || named->indent != first->indent) {
            continue;
        } else if (equals_word(named->name, first->name)) {
            break;
        }
        const auto value = value_named(named->name);
        has_id = has_id || (is_number(value) && event_id_of(trimmed(named->value)));
        has_more = has_more || value == Value::time || value == Value::message;
    }
    return has_id && has_more;
}

void read_event_list(std::string_view text, EventSink& sink) {
    ListReader reader{sink, widest_line(text)};
    bool goes_on = true;
    while (goes_on && !text.empty()) goes_on = reader.add(take_line(text));
    if (goes_on) reader.finish();
    reader.finish_times();
}

}  // namespace diag::windows
