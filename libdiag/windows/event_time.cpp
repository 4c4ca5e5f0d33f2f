#include "libdiag/windows/event_time.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "libdiag/base/line_text.h"

namespace diag::windows {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes parts of a text off its front, and keeps its first failure as wire::Reader does.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_{text} {}

    // Between min and max digits.
    unsigned number(std::size_t min, std::size_t max) {
        std::size_t size = 0;
        unsigned value = 0;
        for (; size < rest_.size() && size < max && is_digit(rest_[size]); ++size)
            value = value * 10 + static_cast<unsigned>(rest_[size] - '0');
        if (size < min) failed_ = true;
        digit_count_ = size;
        rest_.remove_prefix(size);
        return value;
    }
    std::size_t digit_count() const { return digit_count_; }  // of the last number

    bool take(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void need(char c) { failed_ = !take(c) || failed_; }
    char take_any(std::string_view choice) {
        if (rest_.empty() || choice.find(rest_.front()) == std::string_view::npos) {
            failed_ = true;
            return 0;
        }
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }
    void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }
    std::string_view rest() const { return rest_; }
    bool failed() const { return failed_; }

private:
    std::string_view rest_;
    std::size_t digit_count_ = 0;
    bool failed_ = false;
};

struct Moment {
    unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ns = 0;
};

std::optional<Timestamp> timestamp_of(const Moment& m) {
    using namespace std::chrono;
    const year_month_day date{year{static_cast<int>(m.year)}, month{m.month}, day{m.day}};
    // Years that fit nanoseconds in 64 bits, with room for an offset; a second of 60 is a leap second.
    if (!date.ok() || m.year < 1678 || m.year > 2261 || m.hour > 23 || m.minute > 59 || m.second > 60)
        return std::nullopt;
    const auto at = sys_days{date} + hours{m.hour} + minutes{m.minute} + seconds{m.second};
    return Timestamp{duration_cast<nanoseconds>(at.time_since_epoch()).count() + m.ns};
}

void scan_clock(Scanner& in, Moment& m) {
    m.hour = in.number(1, 2);
    in.need(':');
    m.minute = in.number(2, 2);
    if (in.take(':')) m.second = in.number(2, 2);
    if (!in.take('.')) return;
    m.ns = in.number(1, 9);
    for (std::size_t digits = in.digit_count(); digits < 9; ++digits) m.ns *= 10;
}

// "Z", "+09:00", or nothing; other text is no time.
std::optional<EventTime> with_offset(Timestamp local, std::string_view text) {
    if (text.empty()) return EventTime{local, EventClock::local};
    if (text == "Z") return EventTime{local, EventClock::utc};
    const bool is_east = text.front() == '+';
    if (!is_east && text.front() != '-') return std::nullopt;
    Scanner in{text.substr(1)};
    const unsigned hours = in.number(2, 2);
    in.take(':');
    const unsigned minutes = in.number(2, 2);
    if (in.failed() || !in.rest().empty() || hours > 14 || minutes > 59) return std::nullopt;
    const std::int64_t offset = (hours * 60LL + minutes) * 60 * 1'000'000'000;
    return EventTime{{is_east ? local.ns - offset : local.ns + offset}, EventClock::utc};
}

struct Date {
    std::array<unsigned, 3> numbers;
    char separator;
    bool year_first;
};

std::optional<Date> scan_date(Scanner& in) {
    Date date{};
    date.numbers[0] = in.number(1, 4);
    date.year_first = in.digit_count() == 4;
    date.separator = in.take_any("/.-");
    if (date.separator == '.') in.skip_blanks();  // "23. 11. 2026"
    date.numbers[1] = in.number(1, 2);
    in.need(date.separator);
    if (date.separator == '.') in.skip_blanks();
    date.numbers[2] = in.number(date.year_first ? 1 : 4, date.year_first ? 2 : 4);
    if (in.failed()) return std::nullopt;
    return date;
}

DateOrder own_order(const Date& date) {
    if (date.separator == '.' || date.separator == '-' || date.numbers[0] > 12) return DateOrder::day_first;
    return date.numbers[1] > 12 ? DateOrder::month_first : DateOrder::unknown;
}

// Twelve-hour clocks; Japanese ones put the word in front. False for a text that is neither.
bool apply_half_day(std::string_view word, Moment& m) {
    if (word.empty()) return true;
    const bool is_pm = equals_word(word, "PM") || equals_word(word, "p.m.") || word == "午後";
    const bool is_am = equals_word(word, "AM") || equals_word(word, "a.m.") || word == "午前";
    if ((!is_pm && !is_am) || m.hour > 12) return false;
    m.hour = m.hour % 12 + (is_pm ? 12 : 0);
    return true;
}

}  // namespace

void set_time(Event& event, const std::optional<EventTime>& time) {
    if (!time) return;
    event.time = time->time;
    event.clock = time->clock;
}

std::optional<EventTime> parse_iso_time(std::string_view text) {
    Scanner in{text};
    Moment m;
    m.year = in.number(4, 4);
    in.need('-');
    m.month = in.number(2, 2);
    in.need('-');
    m.day = in.number(2, 2);
    in.take_any("T ");
    scan_clock(in, m);
    const auto local = timestamp_of(m);
    if (in.failed() || !local) return std::nullopt;
    return with_offset(*local, in.rest());
}

DateOrder date_order_of(std::string_view text) {
    Scanner in{text};
    const auto date = scan_date(in);
    return date && !date->year_first ? own_order(*date) : DateOrder::unknown;
}

std::optional<EventTime> parse_printed_time(std::string_view text, DateOrder order) {
    if (const auto iso = parse_iso_time(text)) return iso;
    Scanner in{text};
    const auto date = scan_date(in);
    if (!date) return std::nullopt;
    const auto [a, b, c] = date->numbers;
    const DateOrder own = date->year_first ? DateOrder::unknown : own_order(*date);
    if (own != DateOrder::unknown) order = own;
    Moment m;
    if (date->year_first) {
        m = {.year = a, .month = b, .day = c};
    } else if (order == DateOrder::day_first) {
        m = {.year = c, .month = b, .day = a};
    } else {
        m = {.year = c, .month = a, .day = b};
    }
    in.take(',');
    in.skip_blanks();
    std::string_view front;
    for (const std::string_view word : {"午前", "午後"}) {
        if (in.rest().starts_with(word)) front = word;
    }
    if (!front.empty()) {
        in = Scanner{in.rest().substr(front.size())};
        in.skip_blanks();
    }
    scan_clock(in, m);
    if (in.failed()) return std::nullopt;
    std::string behind = tidied(in.rest());  // a no-break space stands there on newer systems, which tidied() takes off
    if (!apply_half_day(front.empty() ? std::string_view{behind} : front, m)) return std::nullopt;
    const auto local = timestamp_of(m);
    if (!local) return std::nullopt;
    const bool is_guess = !date->year_first && order == DateOrder::unknown;
    return EventTime{*local, is_guess ? EventClock::ambiguous : EventClock::local};
}

}  // namespace diag::windows
