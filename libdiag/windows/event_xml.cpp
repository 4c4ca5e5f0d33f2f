#include "libdiag/windows/event_xml.h"

#include <expat.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "libdiag/base/line_text.h"
#include "libdiag/windows/event_fields.h"
#include "libdiag/windows/event_time.h"

namespace diag::windows {
namespace {

// An event is five deep. expat keeps its stack on the heap; this bounds what hostile input can make of it.
constexpr unsigned max_depth = 64;

// wevtutil writes events without a root, which XML wants: all is read as the content of this one. It also makes a document
// type an error, since that has to come first.
constexpr std::string_view root_start = "<root>";
constexpr std::string_view root_end = "</root>";

using Parser = std::unique_ptr<std::remove_pointer_t<XML_Parser>, decltype(&XML_ParserFree)>;

std::string_view attribute(const char** attributes, std::string_view name) {
    for (std::size_t i = 0; attributes[i] != nullptr; i += 2) {
        if (name == attributes[i]) return attributes[i + 1];
    }
    return {};
}

// What is being read, by the names of the elements around it.
enum class Text : std::uint8_t { none, event_id, channel, computer, data };
enum class Section : std::uint8_t { none, system, event_data };

class EventXmlReader {
public:
    EventXmlReader(XML_Parser parser, EventSink& sink) : parser_{parser}, sink_{sink} {
        XML_SetUserData(parser, this);
        XML_SetElementHandler(parser, on_start, on_end);
        XML_SetCharacterDataHandler(parser, on_text);
    }

    bool is_event_log() const { return is_event_log_; }

private:
    static EventXmlReader& self(void* user) { return *static_cast<EventXmlReader*>(user); }
    static void on_start(void* user, const char* name, const char** attributes) { self(user).start(name, attributes); }
    static void on_end(void* user, const char*) { self(user).end(); }
    static void on_text(void* user, const char* text, int size) {
        self(user).add_text({text, static_cast<std::size_t>(size)});
    }

    void start(std::string_view name, const char** attributes) {
        if (++depth_ > max_depth) {
            XML_StopParser(parser_, XML_FALSE);
            return;
        }
        is_event_log_ = is_event_log_ || (depth_ == 2 && (name == "Events" || name == "Event"));
        if (event_depth_ == 0) {
            if (name == "Event") {
                event_depth_ = depth_;
                event_ = {};
                section_ = Section::none;
            }
        } else if (depth_ == event_depth_ + 1) {
            section_ = name == "System" ? Section::system : name == "EventData" ? Section::event_data : Section::none;
        } else if (depth_ == event_depth_ + 2) {
            start_value(name, attributes);
        }
    }

    void start_value(std::string_view name, const char** attributes) {
        text_.clear();
        if (section_ == Section::event_data) {
            if (name == "Data") reading_ = Text::data;
        } else if (section_ != Section::system) {
            return;
        } else if (name == "Provider") {
            event_.provider = limited(attribute(attributes, "Name"));
            if (event_.provider.empty()) event_.provider = limited(attribute(attributes, "EventSourceName"));
        } else if (name == "TimeCreated") {
            set_time(event_, parse_iso_time(attribute(attributes, "SystemTime")));
        } else if (name == "EventID") {
            reading_ = Text::event_id;
        } else if (name == "Channel") {
            reading_ = Text::channel;
        } else if (name == "Computer") {
            reading_ = Text::computer;
        }
    }

    void end() {
        if (event_depth_ != 0 && depth_ == event_depth_ + 2) end_value();
        if (event_depth_ != 0 && depth_ == event_depth_) end_event();
        --depth_;
    }

    void end_value() {
        const std::string value = limited(trimmed(text_));
        switch (reading_) {
            case Text::none: return;
            case Text::event_id: {
                const auto id = event_id_of(value);
                has_id_ = id.has_value();
                event_.event_id = id.value_or(0);
                break;
            }
            case Text::channel: event_.channel = value; break;
            case Text::computer: event_.computer = value; break;
            case Text::data:
                if (event_.fields.size() < limits::event_field_count) event_.fields.push_back(value);
                break;
        }
        reading_ = Text::none;
    }

    void end_event() {
        event_depth_ = 0;
        if (!std::exchange(has_id_, false)) {
            sink_.add_unreadable();
        } else if (!sink_.add(std::move(event_))) {
            XML_StopParser(parser_, XML_FALSE);
        }
    }

    void add_text(std::string_view text) {
        if (reading_ == Text::none || depth_ != event_depth_ + 2 || text_.size() > limits::event_text_size) return;
        text_ += text;
    }

    XML_Parser parser_;
    EventSink& sink_;
    unsigned depth_ = 0;
    unsigned event_depth_ = 0;  // 0: outside of an event
    bool is_event_log_ = false;
    bool has_id_ = false;
    Event event_;
    Section section_ = Section::none;
    Text reading_ = Text::none;
    std::string text_;
};

// The declaration has to come first, which it no longer does; the encoding that it names is not that of `text` either.
std::size_t declaration_size(std::string_view text) {
    const std::size_t start = std::min(text.find_first_not_of(" \t\r\n"), text.size());
    if (!text.substr(start).starts_with("<?xml ")) return start;
    const std::size_t end = text.find("?>", start);
    return end == std::string_view::npos ? start : end + 2;
}

bool parse(XML_Parser parser, std::string_view text, bool is_last) {
    // The limits of files are far below what an int holds.
    return XML_Parse(parser, text.data(), static_cast<int>(text.size()), is_last ? 1 : 0) == XML_STATUS_OK;
}

std::string damage(XML_Parser parser, std::size_t skipped) {
    const auto index = static_cast<std::size_t>(std::max(XML_GetCurrentByteIndex(parser), XML_Index{0}));
    const std::size_t offset = index < root_start.size() ? 0 : index - root_start.size();
    return fmt::format("the XML ends or is damaged at byte {} of its text: {}", skipped + offset,
                       XML_ErrorString(XML_GetErrorCode(parser)));
}

}  // namespace

bool read_event_xml(std::string_view text, EventSink& sink) {
    const Parser parser{XML_ParserCreate("UTF-8"), XML_ParserFree};
    if (parser == nullptr) throw std::bad_alloc{};
    EventXmlReader reader{parser.get(), sink};
    const std::size_t skipped = declaration_size(text);
    const bool is_whole = parse(parser.get(), root_start, false) && parse(parser.get(), text.substr(skipped), false) &&
                          parse(parser.get(), root_end, true);
    if (!is_whole) sink.set_problem(damage(parser.get(), skipped));
    return reader.is_event_log();
}

}  // namespace diag::windows
