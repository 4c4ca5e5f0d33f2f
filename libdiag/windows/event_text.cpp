#include "libdiag/windows/event_text.h"

#include <algorithm>
#include <optional>
#include <span>

#include "libdiag/base/line_text.h"
#include "libdiag/base/saved_text.h"
#include "libdiag/windows/event_fields.h"
#include "libdiag/windows/event_xml.h"
#include "libdiag/windows/printed_times.h"

namespace diag::windows {
namespace {

// Room for the texts of an event; the XML of what is longer is not read.
constexpr std::size_t max_xml_size = limits::event_field_count * limits::event_text_size;

enum class Label : std::uint8_t { other, channel, source, time, id, computer, description };

struct EnglishLabel {
    std::string_view text;
    Label label;
};
constexpr EnglishLabel english_labels[] = {
    {"Log Name", Label::channel}, {"Source", Label::source},     {"Date", Label::time},
    {"Event ID", Label::id},      {"Computer", Label::computer}, {"Description", Label::description},
};

// Task, level, opcode, keyword, user and its name stand between.
constexpr Label wevtutil_order[] = {Label::channel, Label::source, Label::time,     Label::id,
                                    Label::other,   Label::other,  Label::other,    Label::other,
                                    Label::other,   Label::other,  Label::computer, Label::description};
// Task category, level, keywords and user stand between.
constexpr Label viewer_order[] = {Label::channel, Label::source, Label::time,  Label::id,       Label::other,
                                  Label::other,   Label::other,  Label::other, Label::computer, Label::description};
constexpr std::size_t time_index = 2;
constexpr std::size_t id_index = 3;

struct LabelledLine {
    std::string_view label;
    std::string_view value;
};

std::optional<LabelledLine> labelled_line(std::string_view line) {
    constexpr std::string_view full_width_colon = "：";
    line = trimmed(line);
    const std::size_t colon = line.find(':');
    const std::size_t wide = line.substr(0, colon).find(full_width_colon);
    const std::size_t end = std::min(colon, wide);
    if (end == 0 || end == std::string_view::npos) return std::nullopt;
    const std::size_t size = wide == end ? full_width_colon.size() : 1;
    return LabelledLine{trimmed(line.substr(0, end)), trimmed(line.substr(end + size))};
}

const EnglishLabel* english_label(std::string_view text) {
    const auto* found = std::ranges::find(english_labels, text, &EnglishLabel::text);
    return found == std::end(english_labels) ? nullptr : found;
}

bool is_wevtutil_start(std::string_view line) {
    constexpr std::string_view start = "Event[";
    if (!line.starts_with(start)) return false;
    const std::string_view rest = line.substr(start.size());
    const std::size_t end = rest.find_first_not_of("0123456789");
    if (end == 0 || end == std::string_view::npos) return false;
    const std::string_view behind = trimmed(rest.substr(end));
    return behind == "]:" || behind == "]";
}

std::string_view first_line(std::string_view& text) {
    std::string_view line;
    while (!text.empty() && trimmed(line).empty()) line = take_line(text);
    return line;
}

// The label that begins each event of what the Event Viewer copied; empty for anything else.
std::string_view viewer_start(std::string_view text) {
    std::string_view line = first_line(text);
    const auto first = labelled_line(line);
    for (std::size_t index = 0; index <= id_index; ++index, line = take_line(text)) {
        const auto labelled = labelled_line(line);
        if (!labelled) return {};
        if (index == time_index && !parse_printed_time(labelled->value, DateOrder::unknown)) return {};
        if (index == id_index && !event_id_of(labelled->value)) return {};
    }
    return first->label;
}

class BlockReader {
public:
    // Without a label blocks begin as those of wevtutil do.
    BlockReader(EventSink& sink, std::string_view first_label)
        : sink_{sink},
          times_{sink},
          first_label_{first_label},
          order_{first_label.empty() ? std::span<const Label>{wevtutil_order} : std::span<const Label>{viewer_order}} {}

    // False: there are more events than the limit.
    bool add(std::string_view line) {
        if (begins_block(line)) {
            if (!finish()) return false;
            event_.emplace();
            if (!first_label_.empty()) read_value(line);
        } else if (part_ == Part::xml) {
            return add_xml(line);
        } else if (part_ == Part::description) {
            if (is_xml_start(line)) {
                part_ = Part::xml;
                return add_xml(line);
            }
            if (description_.size() < limits::event_text_size) description_.append(limited(line)).append("\n");
        } else if (part_ == Part::labels && event_) {
            read_value(line);
        }
        return true;
    }

    bool finish() {
        bool goes_on = true;
        if (event_ && !has_id_) {
            sink_.add_unreadable();
        } else if (event_) {
            event_->fields = fields_of_message(event_->event_id, trimmed(description_));
            goes_on = times_.add(std::move(*event_), time_);
        }
        event_.reset();
        has_id_ = is_by_order_ = false;
        is_xml_whole_ = true;
        label_count_ = 0;
        part_ = Part::labels;
        description_.clear();
        xml_.clear();
        time_.clear();
        return goes_on;
    }

    void finish_times() { times_.finish(); }

private:
    enum class Part : std::uint8_t { labels, description, xml, behind };

    bool begins_block(std::string_view line) const {
        if (first_label_.empty()) return is_wevtutil_start(line);
        if (!trimmed(line).starts_with(first_label_)) return false;
        const auto labelled = labelled_line(line);
        return labelled && labelled->label == first_label_;
    }

    bool is_xml_start(std::string_view line) const {
        return !first_label_.empty() && trimmed(line).starts_with("<Event ");
    }

    // The event of the text is given up for that of the XML, unless that has none. One is read for each event.
    bool add_xml(std::string_view line) {
        is_xml_whole_ = is_xml_whole_ && xml_.size() + line.size() < max_xml_size;
        if (is_xml_whole_) xml_.append(line).append("\n");
        if (!trimmed(line).ends_with("</Event>")) return true;
        part_ = Part::behind;
        if (!is_xml_whole_) return true;
        const std::size_t seen = sink_.seen_count();
        read_event_xml(xml_, sink_);
        sink_.clear_problem();
        if (sink_.seen_count() > seen) event_.reset();
        return !sink_.is_full();
    }

    Label label_of(std::string_view text) {
        const std::size_t index = label_count_++;
        const EnglishLabel* english = english_label(text);
        if (index == 0) is_by_order_ = !first_label_.empty() || english == nullptr;
        if (is_by_order_) return index < order_.size() ? order_[index] : Label::other;
        return english == nullptr ? Label::other : english->label;
    }

    void read_value(std::string_view line) {
        const auto labelled = labelled_line(line);
        if (!labelled) return;
        const std::string_view value = labelled->value;
        switch (label_of(labelled->label)) {
            case Label::channel: event_->channel = limited(value); break;
            case Label::source: event_->provider = limited(value); break;
            case Label::computer: event_->computer = limited(value); break;
            case Label::time: time_ = limited(value); break;
            case Label::id: {
                const auto id = event_id_of(value);
                has_id_ = id.has_value();
                event_->event_id = id.value_or(0);
                break;
            }
            case Label::description:
                part_ = Part::description;
                description_ = limited(value);
                if (!value.empty()) description_ += '\n';
                break;
            case Label::other: break;
        }
    }

    EventSink& sink_;
    PrintedTimes times_;
    std::string_view first_label_;
    std::span<const Label> order_;
    std::optional<Event> event_;
    bool has_id_ = false;
    bool is_by_order_ = false;
    std::size_t label_count_ = 0;
    Part part_ = Part::labels;
    std::string time_;
    std::string description_;
    std::string xml_;
    bool is_xml_whole_ = true;
};

}  // namespace

bool is_event_text(std::string_view text) {
    std::string_view rest = text;
    return is_wevtutil_start(first_line(rest)) || !viewer_start(text).empty();
}

void read_event_text(std::string_view text, EventSink& sink) {
    BlockReader reader{sink, viewer_start(text)};
    bool goes_on = true;
    while (goes_on && !text.empty()) goes_on = reader.add(take_line(text));
    if (goes_on) reader.finish();
    reader.finish_times();
}

}  // namespace diag::windows
