#pragma once

#include <fmt/format.h>

#include <string>

#include "libdiag/check/event_findings.h"

namespace diag::test {

inline constexpr std::string_view client_id = "7f4c1b52-90f5-4a6c-8c11-0a4f2f3e9d01";
inline constexpr std::string_view windows_id = "73111121-5638-40f6-bc11-f1d7b0d64300";  // needs 25
inline constexpr std::string_view server_id = "34e1ae55-27f8-4950-8877-7a03be5fb181";   // needs 5

/// Minutes and seconds behind 2026-11-23T20:00Z.
constexpr Timestamp clock_at(int minute, int second = 0) {
    return {(1'795'464'000LL + minute * 60 + second) * 1'000'000'000};
}

/// Writes an event log, line by line; the texts are those of Windows, by libdiag/data/events.csv.
class EventScript {
public:
    explicit EventScript(std::string computer) : computer_{std::move(computer)} {}

    struct Request {
        std::string_view code = "0x0";
        std::string_view host = "kms01.corp.example:1688";
        std::string_view id = client_id;
        std::string_view product = windows_id;
        int status = 2;  ///< 1: licensed
    };

    /// 12288, or 12290 of the same request; the client's clock is right.
    EventScript& sent(int minute, const Request& request) {
        return add(12288, minute, 1,
                   fmt::format("{}, 0x00000000, {}, {}, {}, 0, 2, 43200, {}, 25", request.code, request.host,
                               request.id, minute_text(minute), request.product));
    }
    EventScript& processed(int minute, const Request& request, std::string_view name = "pc17.corp.example") {
        return add(12290, minute, 1,
                   fmt::format("{},25,{},{},{},0,{},43200,{}", request.code, name, request.id, minute_text(minute),
                               request.status, request.product));
    }
    EventScript& answered(int minute, unsigned count, bool activated = true, std::string_view code = "0x0") {
        return add(12289, minute, 2,
                   fmt::format("{}, {}, {}, 0, {}, 120, 10080, {}", code, activated ? "0x00000000" : "0x04000000",
                               activated ? 1 : 0, count, minute_text(minute)));
    }
    EventScript& failed(int minute, std::string_view code) {
        return add(8198, minute, 3, fmt::format("hr={}\nSkuId={};Trigger=TimerEvent", code, windows_id));
    }
    EventScript& published(int minute, std::string_view domain) { return add(12294, minute, 0, std::string{domain}); }
    EventScript& not_published(int minute, std::string_view domain, std::string_view code) {
        add(12293, minute, 0, std::string{code});
        log_.events.back().fields.emplace_back(domain);
        return *this;
    }
    /// Any other event of the service: the log goes on.
    EventScript& other(int minute) { return add(16384, minute, 0, "x"); }

    EventScript& shifted(std::int64_t minutes) {
        for (windows::Event& event : log_.events) {
            event.time.ns += minutes * 60 * 1'000'000'000;
            event.clock = windows::EventClock::local;
        }
        return *this;
    }
    EventScript& without_computer() {
        for (windows::Event& event : log_.events) event.computer.clear();
        return *this;
    }

    const windows::EventLog& log() const { return log_; }
    windows::KmsLog typed(std::string name) const { return windows::kms_log(log_, std::move(name)); }

    static std::string minute_text(int minute) {
        return fmt::format("2026/11/23 {}:{:02}", 20 + minute / 60, minute % 60);
    }

private:
    EventScript& add(std::uint32_t id, int minute, int second, const std::string& data) {
        windows::Event event{.time = clock_at(minute, second),
                             .clock = windows::EventClock::utc,
                             .provider = "Microsoft-Windows-Security-SPP",
                             .channel = {},
                             .computer = computer_};
        event.event_id = id;
        if (id >= 12288 && id <= 12290) {
            std::string_view rest = data;
            for (std::size_t comma = 0; comma != rest.size() + 1;) {
                comma = std::min(rest.find(','), rest.size());
                std::string_view field = rest.substr(0, comma);
                while (field.starts_with(' ')) field.remove_prefix(1);
                event.fields.emplace_back(field);
                if (comma == rest.size()) break;
                rest.remove_prefix(comma + 1);
            }
        } else {
            event.fields = {data};
        }
        log_.events.push_back(std::move(event));
        return *this;
    }

    std::string computer_;
    windows::EventLog log_;
};

}  // namespace diag::test
