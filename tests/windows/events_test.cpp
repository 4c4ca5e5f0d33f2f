#include "libdiag/windows/events.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <span>

#include "tests/support/exact_buffer.h"
#include "tests/windows/samples.h"

namespace diag::windows {
namespace {

using diag::test::windows_sample;
using Strings = std::vector<std::string>;

constexpr std::string_view spp = "Microsoft-Windows-Security-SPP";

EventLog read(const std::string& text) {
    auto log = read_events(bytes_of(text));
    REQUIRE(log);
    return *log;
}

std::string error_of(const std::string& text) {
    const auto log = read_events(bytes_of(text));
    REQUIRE_FALSE(log);
    CHECK(log.error().find('\n') == std::string::npos);
    return log.error();
}

std::string time_of(const Event& event) { return format_rfc3339(event.time, 7); }

std::string event_xml(std::uint32_t id, std::string_view data, std::string_view provider = spp) {
    return fmt::format(
        "<Event><System><Provider Name='{}'/><EventID>{}</EventID><TimeCreated SystemTime='2026-11-23T20:09:15Z'/>"
        "<Computer>h</Computer></System><EventData>{}</EventData></Event>",
        provider, id, data);
}

TEST_CASE("events, XML: fields, time, channel and computer of each event, with or without a root", "[events]") {
    const auto name =
        GENERATE(as<std::string>{}, "events-wevtutil.xml", "events-viewer.xml", "events-wevtutil-utf16.xml");
    CAPTURE(name);
    const EventLog log = read(windows_sample(name));
    CHECK_FALSE(log.problem);
    CHECK(log.unreadable_count == 0);
    CHECK(log.other_count == 1);  // 12294 of Directory-Services-SAM
    REQUIRE(log.events.size() == 5);
    CHECK(log.events[0].event_id == 12294);
    CHECK(log.events[0].fields == Strings{"corp.example"});
    CHECK(log.events[0].provider == spp);
    CHECK(log.events[0].channel == "Application");
    CHECK(log.events[0].computer == "kms01.corp.example");
    CHECK(time_of(log.events[0]) == "2026-11-22T05:10:04.2500000Z");
    CHECK(log.events[0].clock == EventClock::utc);
    CHECK(log.events[1].fields == Strings{"0x8007232D", "branch.example"});
    CHECK(log.events[3].event_id == 12288);
    CHECK(log.events[3].computer == "PC17.corp.example");
    CHECK(time_of(log.events[3]) == "2026-11-23T20:09:15.1234567Z");
    CHECK(log.events[3].fields == Strings{"0xC004F074", "0x00000000", "kms01.corp.example:1688",
                                          "7f4c1b52-90f5-4a6c-8c11-0a4f2f3e9d01", "2026/11/23 20:09", "0", "5", "0",
                                          "73111121-5638-40f6-bc11-f1d7b0d64300", "25"});
    CHECK(log.events[4].fields.size() == 8);
}

TEST_CASE("events, XML: what was rendered for people does not take the place of the event's own", "[events]") {
    const EventLog log = read(windows_sample("events-rendered.xml"));
    REQUIRE(log.events.size() == 1);
    CHECK(log.events[0].channel == "Application");
    CHECK(log.events[0].fields == Strings{"corp.example"});
}

TEST_CASE("events, XML: references of characters are read, those of entities end the reading", "[events]") {
    CHECK(read(event_xml(8198, "<Data>a &lt; &#x62; &amp;</Data>")).events.at(0).fields == Strings{"a < b &"});
    const EventLog log = read(event_xml(12294, "<Data>a.example</Data>") + event_xml(12294, "<Data>&b;</Data>"));
    CHECK(log.events.size() == 1);
    REQUIRE(log.problem);
    CHECK(log.problem->find("undefined entity") != std::string::npos);
}

TEST_CASE("events, XML: a document type is never read, nor what it declares", "[events]") {
    const std::string bomb =
        "<?xml version='1.0'?><!DOCTYPE e [<!ENTITY a 'xxxxxxxxxx'><!ENTITY b '&a;&a;&a;&a;'>"
        "<!ENTITY f SYSTEM 'file:///etc/passwd'>]><Events>" +
        event_xml(12294, "<Data>&b;&f;</Data>") + "</Events>";
    CHECK(error_of(bomb).find("no exported event log") != std::string::npos);
}

TEST_CASE("events, XML: damage keeps what stands before it and says where it is", "[events]") {
    const std::string whole = event_xml(12294, "<Data>a.example</Data>");
    const EventLog cut = read(whole + whole.substr(0, 40));
    CHECK(cut.events.size() == 1);
    REQUIRE(cut.problem);
    const EventLog bad = read(whole + "<a></b>" + whole);
    CHECK(bad.events.size() == 1);
    REQUIRE(bad.problem);
    CHECK(bad.problem->find(fmt::format("byte {}", whole.size() + 5)) != std::string::npos);
}

TEST_CASE("events, XML: an event without a number is unreadable, deep nesting ends the reading", "[events]") {
    const std::string good = event_xml(12294, "<Data>a.example</Data>");
    CHECK(read("<Event><System/></Event>" + good).unreadable_count == 1);
    CHECK(read("<Event><System><EventID>12x</EventID></System></Event>" + good).unreadable_count == 1);
    CHECK(read("<Event><System><EventID>99999999999</EventID></System></Event>" + good).unreadable_count == 1);
    std::string deep = good;
    for (int i = 0; i < 1000; ++i) deep += "<x>";
    CHECK(read(deep).events.size() == 1);
    CHECK(read(deep).problem);
}

TEST_CASE("events, XML: elements of the same names elsewhere are not the event's", "[events]") {
    const EventLog log = read(
        "<Event><UserData><EventID>1</EventID><Data>x</Data></UserData><System><Provider "
        "Name='Microsoft-Windows-Security-SPP'/><EventID>12294<x>9</x></EventID></System>"
        "<EventData><Data>a.example<b>no</b></Data><Binary>00</Binary></EventData></Event>");
    REQUIRE(log.events.size() == 1);
    CHECK(log.events[0].event_id == 12294);
    CHECK(log.events[0].fields == Strings{"a.example"});
    CHECK(log.events[0].clock == EventClock::unknown);
}

TEST_CASE("events, XML: an empty export is a log without events, a web page is none", "[events]") {
    CHECK(read("<Events></Events>") == EventLog{});
    CHECK(error_of("<html><body>12294</body></html>").find("no exported event log") != std::string::npos);
}

TEST_CASE("events, tables: the Event Viewer's rows have local times, no computer, and fields out of messages",
          "[events]") {
    const auto name = GENERATE(as<std::string>{}, "events-viewer.csv", "events-viewer-tab.txt");
    CAPTURE(name);
    const EventLog log = read(windows_sample(name));
    CHECK_FALSE(log.problem);
    CHECK(log.other_count == 1);
    REQUIRE(log.events.size() == 4);
    CHECK(log.events[0].event_id == 12289);
    CHECK(log.events[0].fields.size() == 8);
    CHECK(log.events[1].fields.size() == 10);
    CHECK(log.events[1].fields[2] == "kms01.corp.example:1688");
    CHECK(log.events[2].fields == Strings{"0x80072338", "branch.example"});
    CHECK(log.events[2].computer.empty());
    CHECK(log.events[2].channel.empty());
    CHECK(time_of(log.events[2]) == "2026-11-23T05:10:05.0000000Z");
    CHECK(log.events[2].clock == EventClock::local);
    CHECK(log.events[3].fields == Strings{"corp.example"});
    CHECK(time_of(log.events[3]) == "2026-11-09T05:10:04.0000000Z");  // the order is that of the other rows
    CHECK(log.events[3].clock == EventClock::local);
}

TEST_CASE("events, tables: Japanese headings and messages", "[events]") {
    const EventLog log = read(windows_sample("events-viewer-japanese.csv"));
    REQUIRE(log.events.size() == 2);
    CHECK(log.events[0].fields == Strings{"0x8007232D", "branch.example"});
    CHECK(time_of(log.events[0]) == "2026-11-23T14:10:05.0000000Z");
    CHECK(log.events[1].fields == Strings{"corp.example"});
}

TEST_CASE("events, tables: headings of another language are taken by their order", "[events]") {
    const EventLog log = read(
        "Ebene;Datum und Uhrzeit;Quelle;Ereignis-ID;Aufgabenkategorie\n"
        "Fehler;03.04.2026 05:06:07;Microsoft-Windows-Security-SPP;12293;Keine;\"... \"\"b.example\"\" "
        "...\n0x8007232D\"\n");
    REQUIRE(log.events.size() == 1);
    CHECK(log.events[0].fields == Strings{"0x8007232D", "b.example"});
    CHECK(time_of(log.events[0]) == "2026-04-03T05:06:07.0000000Z");
}

TEST_CASE("events, tables: Export-Csv has its columns in any order, and the machine", "[events]") {
    const EventLog log = read(
        "#TYPE Selected.System.Diagnostics.Eventing.Reader.EventLogRecord\n"
        "\"Message\",\"Id\",\"ProviderName\",\"LogName\",\"MachineName\",\"TimeCreated\"\n"
        "\"Publishing in the 'a.example' "
        "domain\",\"12294\",\"Microsoft-Windows-Security-SPP\",\"Application\",\"h.example\","
        "\"3/4/2026 5:06:07 AM\"\n");
    REQUIRE(log.events.size() == 1);
    CHECK(log.events[0].computer == "h.example");
    CHECK(log.events[0].channel == "Application");
    CHECK(log.events[0].fields == Strings{"a.example"});
    CHECK(log.events[0].clock == EventClock::ambiguous);
}

TEST_CASE("events, tables: rows without a number are unreadable, an open quote is told", "[events]") {
    const std::string head = "Level,Date and Time,Source,Event ID,Task Category\n";
    const std::string row = "E,1/2/2026 1:00:00 AM,Security-SPP,12294,None,'a.example'\n";
    CHECK(read(head + row + "E,1/2/2026,x,y,z,w\n\n" + row).unreadable_count == 1);
    const EventLog open = read(head + row + "E,1/2/2026 1:00:00 AM,Security-SPP,12294,None,\"'b.example'\n" + row);
    CHECK(open.events.size() == 2);
    CHECK(open.problem == "the file ends within a text in quotes");
    CHECK(error_of("a,b,c,d,e\n1,2,3,four,5\n").find("no exported event log") != std::string::npos);
    CHECK(error_of("Level,Date and Time,Other\n1,2,3\n").find("no exported event log") != std::string::npos);
}

TEST_CASE("events, text of wevtutil: blocks with a description, local times", "[events]") {
    const EventLog log = read(windows_sample("events-wevtutil.txt"));
    CHECK(log.other_count == 1);
    REQUIRE(log.events.size() == 2);
    CHECK(log.events[0].fields == Strings{"0x80072338", "branch.example"});
    CHECK(log.events[0].computer == "kms01.corp.example");
    CHECK(log.events[0].channel == "Application");
    CHECK(time_of(log.events[0]) == "2026-11-23T05:10:05.5000000Z");
    CHECK(log.events[0].clock == EventClock::local);
    CHECK(log.events[1].fields == Strings{"corp.example"});
}

TEST_CASE("events, text of wevtutil: newer systems leave out the colon and say Z", "[events]") {
    const EventLog log = read(
        "Event[0]\r\n  Source: Microsoft-Windows-Security-SPP\r\n  Date: 2026-11-23T05:10:05.5000000Z\r\n"
        "  Event ID: 12294\r\n  Description:\r\nin the 'a.example' domain\r\n\r\nEvent[1]\r\n  Date: never\r\n");
    REQUIRE(log.events.size() == 1);
    CHECK(log.events[0].clock == EventClock::utc);
    CHECK(log.unreadable_count == 1);
}

constexpr std::string_view request_values =
    "0x800706BA, 0x00000000, kms01.corp.example:1688, 6c2f9a11-0f0e-4b52-9a3c-5d2b7e7f0a01, 2026/11/24 09:15, 0, 2, "
    "43200, 73111121-5638-40f6-bc11-f1d7b0d64300, 25";

Strings request_fields() {
    return {"0x800706BA",
            "0x00000000",
            "kms01.corp.example:1688",
            "6c2f9a11-0f0e-4b52-9a3c-5d2b7e7f0a01",
            "2026/11/24 09:15",
            "0",
            "2",
            "43200",
            "73111121-5638-40f6-bc11-f1d7b0d64300",
            "25"};
}

// Wrapped as Format-List does for a file of `width` columns: in some languages between words, whose blank goes then.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width, bool by_words) {
    std::string out;
    const std::size_t room = width - indent;
    while (text.size() > room) {
        const std::size_t blank = by_words ? text.rfind(' ', room) : std::string_view::npos;
        const std::size_t size = blank == std::string_view::npos ? room : blank;
        out.append(text.substr(0, size)).append("\r\n").append(indent, ' ');
        text.remove_prefix(blank == std::string_view::npos ? size : size + 1);
    }
    return out.append(text);
}

TEST_CASE("events, lists: Get-WinEvent gives provider, number and local time, and other providers are left out",
          "[events]") {
    const EventLog log = read(windows_sample("events-format-list.txt"));
    CHECK(log.other_count == 1);
    CHECK(log.unreadable_count == 0);
    REQUIRE(log.events.size() == 2);
    CHECK(log.events[0].event_id == 8198);
    CHECK(log.events[0].provider == spp);
    CHECK(time_of(log.events[0]) == "2026-11-24T09:15:02.0000000Z");
    CHECK(log.events[0].clock == EventClock::local);
    CHECK(log.events[0].fields.at(0).find("hr=0xC004F074\n") != std::string::npos);
    CHECK(log.events[1].event_id == 12288);
    CHECK(log.events[1].fields == request_fields());
}

TEST_CASE("events, lists: a value that Format-List wrapped, at any width, is whole again", "[events]") {
    const bool by_words = GENERATE(false, true);
    for (std::size_t width = 55; width < 160; ++width) {
        const std::string text =
            "\r\n\r\nTimeCreated  : 11/24/2026 9:15:00 AM\r\nProviderName : Microsoft-Windows-Security-SPP\r\n"
            "Id           : 12288\r\nMessage      : " +
            wrapped("The client has sent an activation request to the key management service machine.", 15, width,
                    by_words) +
            "\r\n               Info:\r\n               " + wrapped(request_values, 15, width, by_words) +
            "\r\n\r\n\r\n";
        CAPTURE(by_words, width, text);
        const EventLog log = read(text);
        REQUIRE(log.events.size() == 1);
        CHECK(log.events[0].fields == request_fields());
    }
}

TEST_CASE("events, lists: the number of an event is the lower half of its instance", "[events]") {
    const EventLog log = read(
        "Index              : 899\nEntryType          : Information\nInstanceId         : 1073754118\n"
        "Message            : Publishing in DNS\n                     in the 'a.example' domain\n"
        "ReplacementStrings : {a.example}\nSource             : Microsoft-Windows-Security-SPP\n"
        "TimeGenerated      : 11/24/2026 9:15:02 AM\nTimeWritten        : 11/24/2026 9:15:02 AM\n\n"
        "Index              : 898\nInstanceId         : none\n");
    REQUIRE(log.events.size() == 1);
    CHECK(log.events[0].event_id == 12294);
    CHECK(log.events[0].fields == Strings{"a.example"});
    CHECK(log.unreadable_count == 1);
}

TEST_CASE("events, lists: what is no list of events is none", "[events]") {
    for (const std::string text :
         {"Id : 1\nName : x\n", "Name : Windows(R)\nID : 73111121-5638-40f6-bc11-f1d7b0d64300\nMessage : x\n",
          "TimeCreated : 1\nMessage : 2\n", "Id:12288\nMessage:x\n"}) {
        CAPTURE(text);
        CHECK(error_of(text).find("wevtutil") != std::string::npos);
    }
}

std::string block(std::span<const std::string_view> labels, std::string_view id, std::string_view provider) {
    std::string out = "Event[0]:\n";
    const Strings values = {"Application",
                            std::string{provider},
                            "2026-11-24T10:15:00.000",
                            std::string{id},
                            "N/A",
                            "12289",
                            "N/A",
                            "",
                            "N/A",
                            "N/A",
                            "pc17.corp.example",
                            ""};
    for (std::size_t i = 0; i < labels.size(); ++i) out += fmt::format("  {}: {}\n", labels[i], values[i]);
    return out + "Info:\n" + std::string{request_values} + "\n\n";
}

TEST_CASE("events, text of wevtutil: labels of another language are told by their order, in any code page",
          "[events]") {
    constexpr std::string_view german[] = {"Protokollname", "Quelle",       "Datum",    "Ereignis-ID",
                                           "Aufgabe",       "Ebene",        "Opcode",   "Schl\x81sselwort",
                                           "Benutzer",      "Benutzername", "Computer", "Beschreibung"};
    constexpr std::string_view japanese[] = {"ログの名前", "ソース",     "日付",           "イベント ID",
                                             "タスク",     "レベル",     "Opcode",         "キーワード",
                                             "ユーザー",   "ユーザー名", "コンピューター", "説明"};
    for (const std::span<const std::string_view> labels : {std::span{german}, std::span{japanese}}) {
        const EventLog log = read(block(labels, "12288", spp) + block(labels, "12288", "Microsoft-Windows-SAM") +
                                  block(labels, "x", spp) + block(labels, "12288", spp));
        REQUIRE(log.events.size() == 2);
        CHECK(log.other_count == 1);
        CHECK(log.unreadable_count == 1);
        for (const Event& event : log.events) {
            CHECK(event.event_id == 12288);
            CHECK(event.channel == "Application");
            CHECK(event.computer == "pc17.corp.example");
            CHECK(time_of(event) == "2026-11-24T10:15:00.0000000Z");
            CHECK(event.clock == EventClock::local);
            CHECK(event.fields == request_fields());
        }
    }
}

std::string copied(std::string_view provider, std::string_view id, std::string_view behind = {}) {
    return fmt::format(
        "Protokollname: Application\nQuelle:        {}\nDatum:         24.11.2026 09:15:00\nEreignis-ID:   {}\n"
        "Aufgabenkategorie:Keine\nEbene:         Informationen\nSchlüsselwörter:Klassisch\nBenutzer:      12289\n"
        "Computer:      pc17.corp.example\nBeschreibung:\nInfo:\n{}\n{}",
        provider, id, request_values, behind);
}

TEST_CASE("events, copied details: one event behind the other, in any language", "[events]") {
    const EventLog log = read("\n" + copied(spp, "12288") + copied("Microsoft-Windows-SAM", "12288") +
                              copied(spp, "x") + copied(spp, "12288"));
    REQUIRE(log.events.size() == 2);
    CHECK(log.other_count == 1);
    CHECK(log.unreadable_count == 1);
    CHECK(log.events[1].channel == "Application");
    CHECK(log.events[1].computer == "pc17.corp.example");
    CHECK(time_of(log.events[1]) == "2026-11-24T09:15:00.0000000Z");
    CHECK(log.events[1].clock == EventClock::local);
    CHECK(log.events[1].fields == request_fields());
}

TEST_CASE("events, copied details: their XML is read in place of the text, which counts where the XML is cut",
          "[events]") {
    const std::string xml = "Ereignis-XML:\n<Event xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\">\n" +
                            event_xml(8198, "<Data>hr=0xC004F074</Data>").substr(7) + "\n";
    const EventLog log = read(copied(spp, "12288", xml) + copied(spp, "12288", xml.substr(0, xml.size() / 2) + "\n") +
                              copied(spp, "12288", "<Event x></y></Event>\n<Event x></y></Event>\n"));
    CHECK_FALSE(log.problem);
    REQUIRE(log.events.size() == 3);
    CHECK(log.events[0].event_id == 8198);
    CHECK(log.events[0].clock == EventClock::utc);
    CHECK(log.events[1].fields == request_fields());
    CHECK(log.events[1].clock == EventClock::local);
    CHECK(time_of(log.events[2]) == "2026-11-24T09:15:00.0000000Z");

    const std::string wide = "<Event x='1'>\n" + event_xml(8198, "<Data>" + std::string(300'000, 'x') + "</Data>");
    CHECK(read(copied(spp, "12288", wide + "\n")).events.at(0).event_id == 12288);
}

TEST_CASE("events, copied details: other text with labels is none", "[events]") {
    for (const std::string text :
         {"a: 1\nb: 2\nc: 24.11.2026 09:15:00\nd: x\n", "a: 1\nb: 2\nc: 3\nd: 4\n",
          "a: 1\nb: 2\n\nc: 24.11.2026 09:15:00\nd: 4\n", "a: 1\nb: 2\nc: 24.11.2026 09:15:00\n"}) {
        CAPTURE(text);
        CHECK(error_of(text).find("wevtutil") != std::string::npos);
    }
}

TEST_CASE("events: without a provider the message tells it, and what others write under the same numbers does not",
          "[events]") {
    const auto count_of = [](std::uint32_t id, std::string_view message) {
        return read(fmt::format("\"TimeCreated\";\"Id\";\"LevelDisplayName\";\"Message\"\n"
                                "\"24.11.2026 09:15:02\";\"{}\";\"x\";\"{}\"\n",
                                id, message))
            .events.size();
    };
    CHECK(count_of(12288, fmt::format("...\nInfo:\n{}", request_values)) == 1);
    CHECK(count_of(12289, "Info:\n0x0, 0x0, 1, 0, 50, 120, 10080, 2026/11/24 09:15") == 1);
    CHECK(count_of(12290, "0x0,25,pc,6c2f9a11-0f0e-4b52-9a3c-5d2b7e7f0a01,2026/11/24 09:15,0,2,9,x") == 1);
    CHECK(count_of(8198, "License Activation (slui.exe) failed with the following error code:\nhr=0xC004F074") == 1);
    CHECK(count_of(8233, "Reason:0xC004F074\nAppId = x, SkuId = y") == 1);
    CHECK(count_of(12293,
                   "Publishing the Key Management Service (KMS) to DNS in the 'a.example' domain failed.\n0x1") == 1);
    CHECK(count_of(12294, "Publishing the Key Management Service (KMS) to DNS in the 'a.example' domain") == 1);
    CHECK(count_of(12294, "The SAM database was unable to lockout the account of 'a.example'") == 0);
    CHECK(count_of(12288, "The account of 0x800706BA, a, b, c, d, e, f, g, h") == 0);
    CHECK(count_of(8198, "hr=0x80070005") == 0);
    CHECK(count_of(903, fmt::format("{}", request_values)) == 0);
}

TEST_CASE("events: messages give their values in any language, and apostrophes do not mislead", "[events]") {
    const auto domain = [](const std::string& message) {
        const auto log = read("Event[0]:\n  Source: Security-SPP\n  Event ID: 12294\n  Description: \n" + message);
        return log.events.at(0).fields;
    };
    CHECK(domain("Publication dans le DNS de l'hôte du domaine 'corp.example' réussie.") == Strings{"corp.example"});
    CHECK(domain("「corp.example」 ドメイン") == Strings{"corp.example"});
    CHECK(domain("Domäne \"corp.example\"") == Strings{"corp.example"});
    CHECK(domain("„corp.example“") == Strings{"corp.example"});
    CHECK(domain("no quotes here").empty());
    CHECK(domain("'two words' only").empty());
}

TEST_CASE("events: only the licensing services count, whatever the number", "[events]") {
    for (const auto* name :
         {"Microsoft-Windows-Security-SPP", "security-spp", "Microsoft-Windows-Security-Licensing-SLC",
          "Software Protection Platform Service", "Software Licensing Service", "KmsRequests"}) {
        CHECK(is_licensing_provider(name));
    }
    for (const auto* name : {"", "Microsoft-Windows-Directory-Services-SAM", "SAM", "Security-SPP-GC",
                             "Microsoft-Windows-Security-SPP-UX"}) {
        CHECK_FALSE(is_licensing_provider(name));
    }
}

TEST_CASE("events: other files are refused with what to do", "[events]") {
    for (const std::string text : {"", " \r\n", "hello", "Name: x\nEvent ID: 12294\n", "<", "a,b\n"}) {
        CAPTURE(text);
        CHECK(error_of(text).find("wevtutil") != std::string::npos);
    }
}

TEST_CASE("events: each limit holds", "[events]") {
    const std::string row = event_xml(12294, "<Data>a.example</Data>");
    const std::string other = event_xml(12294, "", "x");
    std::string many;
    many.reserve(row.size() * (limits::event_count + 1));
    for (std::size_t i = 0; i < limits::event_count; ++i) many += row;
    CHECK(read(many + other).events.size() == limits::event_count);
    CHECK(error_of(many + row).find("shorter time") != std::string::npos);

    std::string data;
    for (int i = 0; i < 1000; ++i) data += "<Data>x</Data>";
    CHECK(read(event_xml(8198, data)).events.at(0).fields.size() == limits::event_field_count);
    const std::string commas = "<Data>" + std::string(1000, ',') + "</Data>";
    CHECK(read(event_xml(12288, commas)).events.at(0).fields.size() == limits::event_field_count);
    const std::string wide = "<Data>" + std::string(100'000, 'x') + "</Data>";
    CHECK(read(event_xml(8198, wide)).events.at(0).fields.at(0).size() == limits::event_text_size);
    const std::string quotes = "Level,Date and Time,Source,Event ID,Task Category\nE,,Security-SPP,8198,,\"" +
                               std::string(100'000, '"') + "\"\n";
    CHECK(read(quotes).events.at(0).fields.at(0).size() <= limits::event_text_size);
}

TEST_CASE("events: every proper prefix is read or refused, none is read past", "[events]") {
    for (const auto* name :
         {"events-viewer.xml", "events-wevtutil-utf16.xml", "events-viewer.csv", "events-viewer-tab.txt",
          "events-viewer-japanese.csv", "events-wevtutil.txt", "events-format-list.txt", "events-copied-german.txt"}) {
        const std::string whole = windows_sample(name);
        const EventLog all = read(whole);
        std::size_t last = 0;
        for (std::size_t n = 0; n < whole.size(); ++n) {
            const diag::test::ExactBuffer cut{bytes_of(whole), n};
            const auto log = read_events(cut);
            CAPTURE(name, n);
            const std::size_t count = log ? log->events.size() : 0;
            REQUIRE(count <= all.events.size());
            REQUIRE(count >= last);  // what could be read of less can be read of more
            last = count;
        }
        CHECK(last >= all.events.size() - 1);
    }
}

Event publication(std::uint32_t id, std::int64_t second, Strings fields, std::string computer = "h") {
    return {.time = {second * 1'000'000'000},
            .clock = EventClock::utc,
            .provider = std::string{spp},
            .computer = std::move(computer),
            .event_id = id,
            .fields = std::move(fields)};
}

TEST_CASE("publications: the newest result of each domain and host", "[events]") {
    const auto found = publications(
        {publication(12294, 20, {"corp.example"}), publication(12293, 30, {"0x8007232D", "B.example"}),
         publication(12293, 10, {"0x80072338", "Corp.Example."}), publication(12293, 40, {"0x80072338", "b.example"}),
         publication(12293, 15, {"0x80072338", "corp.example"}, "h2"), publication(12290, 50, {"0x0", "corp.example"}),
         publication(12294, 60, {}), publication(12293, 60, {"0x80072338"})});
    REQUIRE(found.size() == 3);
    CHECK(found[0].domain == "corp.example");
    CHECK(found[0].succeeded);
    CHECK_FALSE(found[0].hresult);
    CHECK(found[0].time.ns == 20'000'000'000);
    CHECK(found[0].computer == "h");
    CHECK(found[1].domain == "b.example");
    CHECK_FALSE(found[1].succeeded);
    CHECK(found[1].hresult == 0x80072338);
    CHECK(found[2].computer == "h2");
}

TEST_CASE("publications: a success repairs an older failure, not the other way round", "[events]") {
    const auto failed = publication(12293, 10, {"0x80072338", "a.example"});
    const auto good = publication(12294, 20, {"a.example"});
    for (const auto& events : {std::vector{failed, good}, std::vector{good, failed}}) {
        const auto found = publications(events);
        REQUIRE(found.size() == 1);
        CHECK(found[0].succeeded);
    }
}

TEST_CASE("publications: without times what comes later counts, and a failure may lack its code", "[events]") {
    auto good = publication(12294, 20, {"a.example"});
    auto failed = publication(12293, 10, {"a.example"});
    failed.clock = EventClock::unknown;
    const auto found = publications({good, failed});
    REQUIRE(found.size() == 1);
    CHECK_FALSE(found[0].succeeded);
    CHECK_FALSE(found[0].hresult);
}

TEST_CASE("publications: the samples of every format tell the same", "[events]") {
    const auto name = GENERATE(as<std::string>{}, "events-wevtutil.xml", "events-viewer.csv", "events-wevtutil.txt",
                               "events-viewer-tab.txt");
    CAPTURE(name);
    const auto found = publications(read(windows_sample(name)).events);
    REQUIRE(found.size() == 2);
    for (const auto& p : found) {
        const bool is_corp = p.domain == "corp.example";
        CHECK(p.succeeded == is_corp);
        if (!is_corp) CHECK(p.hresult == 0x80072338);
    }
}

}  // namespace
}  // namespace diag::windows
