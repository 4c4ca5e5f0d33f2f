#include "libdiag/eventlog/read_event_file.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <new>

#include "libdiag/eventlog/sandbox.h"
#include "tests/support/exact_buffer.h"
#include "tests/windows/samples.h"

namespace diag::eventlog {
namespace {

using Strings = std::vector<std::string>;

std::string sample(const std::string& name) { return test::sample_of("eventlog", name); }

windows::EventLog read(const std::string& file) {
    auto log = read_event_file(bytes_of(file));
    REQUIRE(log);
    return *log;
}

TEST_CASE("evtx: each event of the licensing service with its values", "[evtx]") {
    const auto log = read(sample("publication.evtx"));
    CHECK_FALSE(log.problem);
    CHECK(log.unreadable_count == 0);
    CHECK(log.other_count == 1);  // 12294 of Directory-Services-SAM
    REQUIRE(log.events.size() == 6);
    CHECK(log.events[0].event_id == 903);
    CHECK(log.events[0].fields.empty());
    CHECK(log.events[1].event_id == 12294);
    CHECK(log.events[1].fields == Strings{"corp.example"});
    CHECK(log.events[1].provider == "Microsoft-Windows-Security-SPP");
    CHECK(log.events[1].channel == "Application");
    CHECK(log.events[1].computer == "kms01.corp.example");
    CHECK(log.events[1].clock == windows::EventClock::utc);
    CHECK(format_rfc3339(log.events[1].time, 7) == "2026-11-22T05:10:04.2500000Z");
    CHECK(log.events[2].fields == Strings{"0x8007232D", "branch.example"});
    CHECK(format_rfc3339(log.events[3].time, 7) == "2026-11-23T20:09:16.1234567Z");
    CHECK(log.events[3].channel == "Key Management Service");
    CHECK(log.events[3].fields == Strings{"0x0", "25", "pc17.corp.example", "7f4c1b52-90f5-4a6c-8c11-0a4f2f3e9d01",
                                          "2026/11/23 20:09", "0", "1", "43200",
                                          "73111121-5638-40f6-bc11-f1d7b0d64300"});
    CHECK(log.events[5].fields == Strings{"hr=0x8007007B", "a <b> & \"c\" of d"});
}

TEST_CASE("evtx: the publications of a log with several chunks", "[evtx]") {
    const auto log = read(sample("two-chunks.evtx"));
    CHECK(log.events.size() == 66);
    const auto found = windows::publications(log.events);
    REQUIRE(found.size() == 62);
    CHECK(found[0].domain == "zone0.example");
    CHECK(found[61].domain == "branch.example");
    CHECK(found[61].hresult == 0x80072338);
}

TEST_CASE("evtx: a damaged chunk costs its own events and is told", "[evtx]") {
    std::string file = sample("two-chunks.evtx");
    for (std::size_t i = 0; i < 512; ++i) file[4096 + i] = 'x';
    const auto log = read(file);
    CHECK(log.problem);
    CHECK(log.events.size() == 6);
}

TEST_CASE("evtx: what is only a signature is refused in one line", "[evtx]") {
    for (const std::size_t size : {std::size_t{8}, std::size_t{100}, std::size_t{4095}}) {
        const std::string file = sample("publication.evtx").substr(0, size);
        const auto log = read_event_file(bytes_of(file));
        CAPTURE(size);
        REQUIRE_FALSE(log);
        CHECK(log.error().find('\n') == std::string::npos);
    }
}

TEST_CASE("evtx: prefixes are read or refused", "[evtx]") {
    const std::string whole = sample("publication.evtx");
    for (std::size_t n = 0; n < whole.size(); n += 997) {
        const test::ExactBuffer cut{bytes_of(whole), n};
        const auto log = read_event_file(cut);
        CAPTURE(n);
        if (log) CHECK(log->events.size() <= 6);
    }
}

TEST_CASE("event file: other formats are told from EVTX by their content", "[evtx]") {
    CHECK(read(test::windows_sample("events-viewer.csv")).events.size() == 4);
    CHECK(is_evtx(bytes_of(sample("publication.evtx"))));
    CHECK_FALSE(is_evtx(bytes_of("ElfFile")));
    const std::string old{"\x30\0\0\0LfLe and more", 16};
    const auto log = read_event_file(bytes_of(old));
    REQUIRE_FALSE(log);
    CHECK(log.error().find(".evt log") != std::string::npos);
}

struct Received {
    Strings messages;
    SandboxEnd end;
};

Received run(const std::function<void(const SendMessage&)>& work, const SandboxLimits& limits = {},
             std::size_t wanted = 100) {
    Received out;
    out.end = run_in_sandbox(limits, work, [&](std::string_view message) {
        out.messages.emplace_back(message);
        return out.messages.size() < wanted;
    });
    return out;
}

TEST_CASE("sandbox: messages arrive in order, of any size and empty too", "[sandbox]") {
    const auto got = run([](const SendMessage& send) {
        send("one");
        send("");
        send(std::string(300'000, 'x'));
    });
    CHECK(got.end == SandboxEnd::completed);
    CHECK(got.messages == Strings{"one", "", std::string(300'000, 'x')});
}

TEST_CASE("sandbox: a crash keeps what was sent before it", "[sandbox]") {
    for (const int signal : {SIGSEGV, SIGABRT, SIGKILL}) {
        const auto got = run([signal](const SendMessage& send) {
            send("before");
            ::raise(signal);
        });
        CHECK(got.end == SandboxEnd::failed);
        CHECK(got.messages == Strings{"before"});
    }
}

TEST_CASE("sandbox: an exception, also for want of memory, is a failure", "[sandbox]") {
    CHECK(run([](const SendMessage&) { throw std::bad_alloc{}; }).end == SandboxEnd::failed);
}

TEST_CASE("sandbox: work without end runs into its limit of time", "[sandbox]") {
    const auto got = run(
        [](const SendMessage& send) {
            send("before");
            volatile bool goes_on = true;
            while (goes_on) {}
        },
        {.processor_time = std::chrono::seconds{1}});
    CHECK(got.end == SandboxEnd::failed);
    CHECK(got.messages == Strings{"before"});
}

TEST_CASE("sandbox: a child that waits for ever is ended at the deadline", "[sandbox]") {
    const auto got = run(
        [](const SendMessage& send) {
            send("before");
            while (true) ::pause();
        },
        {.time = std::chrono::seconds{1}});
    CHECK(got.end == SandboxEnd::failed);
    CHECK(got.messages == Strings{"before"});
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they need descriptors in the child, too
TEST_CASE("sandbox: the child can open nothing, and the parent still can", "[sandbox]") {
    const auto got = run([](const SendMessage& send) {
        std::ifstream in{"/etc/hostname"};
        send(in ? "opened" : "refused");
    });
    CHECK(got.messages == Strings{"refused"});
    CHECK(std::ifstream{"/proc/self/stat"}.good());
}
#endif

TEST_CASE("sandbox: a receiver that wants no more ends the child, even one that never ends", "[sandbox]") {
    const auto got = run(
        [](const SendMessage& send) {
            while (send("again")) {}
        },
        {}, 3);
    CHECK(got.end == SandboxEnd::stopped);
    CHECK(got.messages.size() == 3);
}

TEST_CASE("sandbox: a message above the limit is not sent", "[sandbox]") {
    const auto got = run([](const SendMessage& send) { send(send("too long") ? "sent" : "no"); }, {.message_size = 4});
    CHECK(got.messages == Strings{"no"});
}

}  // namespace
}  // namespace diag::eventlog
