#include "tools/kms-decode/run.h"

#include <fmt/format.h>

#include <chrono>

#include "libdiag/base/utf.h"
#include "libdiag/capture/filter.h"
#include "libdiag/capture/live.h"
#include "libdiag/capture/reader.h"
#include "libdiag/cli/exit_status.h"
#include "libdiag/cli/input_file.h"
#include "libdiag/cli/key_file.h"
#include "libdiag/eventlog/load_event_file.h"
#include "libdiag/redact/log_pseudonyms.h"
#include "libdiag/redact/saved_pseudonyms.h"
#include "libdiag/report/text.h"
#include "libdiag/slmgr/read_saved.h"
#include "tools/kms-decode/packet_store.h"
#include "tools/kms-decode/progress.h"
#include "tools/kms-decode/redacted_capture.h"
#include "tools/kms-decode/redaction.h"

namespace diag::tool {
namespace {

constexpr std::uint64_t packets_between_updates = 8192;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::optional<decode::CaptureDamage> damage_of(const capture::PacketSource& source) {
    if (!source.damage()) return std::nullopt;
    return decode::CaptureDamage{.offset = source.damage()->offset, .what = source.damage()->what};
}

// One run over all inputs.
class Run {
public:
    Run(const Options& options, const Environment& environment)
        : options_{options},
          settings_{options.settings},
          environment_{environment},
          progress_{environment.error_is_terminal && !options.interface} {}

    int all() {
        auto profile = cli::load_profile(options_.keys_file);
        if (!profile) return fail(profile.error());
        if (options_.filter && !options_.interface) {
            auto filter = capture::PacketFilter::compile(*options_.filter);
            if (!filter) return fail(filter.error().message);
            filter_.emplace(std::move(*filter));
        }
        if (options_.redact) {
            auto pseudonyms = make_pseudonyms(options_.redact_key_file);
            if (!pseudonyms) return fail(pseudonyms.error());
            pseudonyms_ = std::move(*pseudonyms);
            settings_.selection = redacted(options_.settings.selection, *pseudonyms_);
        }
        if (options_.write_file && !open_store()) return cli::status_failed;
        kms::Codec codec{*profile};
        auto logs = event_logs();
        if (options_.interface && !captures_.empty())
            return fail(fmt::format("{}: give capture files or -i INTERFACE, not both",
                                    capture::display_name(captures_.front())));
        if (store_ && !options_.interface && captures_.empty())
            return fail("-w: there is no capture whose packets could be written");
        decode::Decoder decoder{settings_, codec, environment_.write_result, store_ ? &*store_ : nullptr};
        decoder.set_event_logs(std::move(logs));
        if (options_.interface) {
            live(decoder);
        } else {
            for (const auto& path : captures_) file(decoder, codec, path);
        }
        for (const auto& path : options_.saved_files) saved(decoder, path);
        decoder.finish();
        // What the file had before is worth more than nothing.
        if (has_read_packets_) write_packets(decoder.verdict());
        if (failed_) return cli::status_failed;
        return cli::exit_status(decoder.worst(), options_.fail_on);
    }

private:
    int fail(const std::string& message) {
        progress_.clear();
        environment_.write_error(message);
        failed_ = true;
        return cli::status_failed;
    }

    // Nobody reads the results any more; what -w writes is wanted all the same.
    bool is_over(const decode::Decoder& decoder) const { return stopped() || (decoder.is_output_closed() && !store_); }

    bool stopped() const { return environment_.stop != nullptr && environment_.stop->load(std::memory_order_relaxed); }

    // What --events names, and what of the words are event logs where it is given; the others are captures. Reading EVTX
    // forks, so this comes before anything that has threads.
    std::vector<windows::KmsLog> event_logs() {
        std::vector<windows::KmsLog> logs;
        for (const auto& path : options_.event_files) event_log(path, logs);
        for (const auto& path : options_.files) {
            if (!options_.event_files.empty() && path != "-" && eventlog::is_event_file(path)) {
                event_log(path, logs);
            } else {
                captures_.push_back(path);
            }
        }
        return logs;
    }

    void event_log(const std::string& path, std::vector<windows::KmsLog>& logs) {
        const std::string name = path == "-" ? "standard input" : path;
        const auto told = [&name](std::string_view what) {
            return fmt::format("--events {}: {}", capture::display_name(name), escape_for_terminal(what));
        };
        const auto log = eventlog::load_event_file(path);
        if (!log) {
            fail(told(log.error()));
            return;
        }
        if (log->problem) environment_.write_error(told(*log->problem));
        auto typed = windows::kms_log(*log, name);
        if (typed.events.empty() && typed.unreadable_count == 0) {
            const std::string none = told("has no event of KMS (12288, 12289, 12290, 12293, 12294, 8198, 8233)");
            // What could not be read may have them.
            const bool is_readable =
                !log->problem && (log->unreadable_count == 0 || typed.other_count + log->other_count > 0);
            if (!is_readable) return void(fail(none));
            environment_.write_error(none);
            return;
        }
        logs.push_back(pseudonyms_ ? redact::redacted(std::move(typed), *pseudonyms_) : std::move(typed));
    }

    void saved(decode::Decoder& decoder, const std::string& path) {
        const std::string name = path == "-" ? "standard input" : path;
        const auto told = [&name](std::string_view what) {
            return fmt::format("--saved {}: {}", capture::display_name(name), escape_for_terminal(what));
        };
        const auto text = cli::read_input_file(path, slmgr::limits::file_size);
        if (!text) return void(fail(told(text.error())));
        auto output = slmgr::read_saved(bytes_of(*text));
        if (!output) return void(fail(told(output.error())));
        if (pseudonyms_) *output = redact::redacted(std::move(*output), *pseudonyms_);
        decoder.add_saved(name, *output);
    }

    bool open_store() {
        std::vector<std::string> inputs = options_.files;
        inputs.insert(inputs.end(), options_.saved_files.begin(), options_.saved_files.end());
        inputs.insert(inputs.end(), options_.event_files.begin(), options_.event_files.end());
        if (options_.keys_file) inputs.push_back(*options_.keys_file);
        if (options_.redact_key_file) inputs.push_back(*options_.redact_key_file);
        for (const auto& path : inputs) {
            if (capture::is_same_file(path == "-" ? "/dev/stdin" : path, *options_.write_file)) {
                fail(fmt::format("-w {}: is an input, which it would overwrite: name another file",
                                 capture::display_name(path)));
                return false;
            }
        }
        auto store = PacketStore::create(*options_.write_file);
        if (!store) {
            fail("-w " + store.error().message);
            return false;
        }
        store_.emplace(std::move(*store));
        if (pseudonyms_ && settings_.selection.selects_all()) store_->keep_all();
        return true;
    }

    std::string unread_text(const std::string& path, const capture::CaptureError& error) const {
        const std::string name = capture::display_name(path);
        if (path != "-" && eventlog::is_event_file(path))
            return name + ": an exported event log (EVTX, XML, CSV or text), not a capture: give it with --events";
        // The message quotes the first line of what it is instead.
        if (pseudonyms_ && error.kind == capture::CaptureError::Kind::not_a_capture) return name + ": not a capture";
        return error.message;
    }

    void file(decode::Decoder& decoder, kms::Codec& codec, const std::string& path) {
        if (is_over(decoder)) return;
        auto reader = capture::CaptureReader::open(path);
        if (!reader) {
            fail(unread_text(path, reader.error()));
            return;
        }
        const auto start = Clock::now();
        const std::string name = path == "-" ? "standard input" : path;
        decoder.begin_capture(name);
        has_read_packets_ = true;
        progress_.begin(capture::display_name(path), reader->total_size());
        if (pseudonyms_) {
            redact_all(decoder, codec, *reader);
        } else {
            read_all(decoder, *reader, [&decoder](const PacketView& packet) { decoder.on_packet(packet); });
        }
        progress_.clear();
        auto damage = damage_of(*reader);
        if (damage) damage->packet_count = taken_count_;
        decoder.end_capture(damage, seconds_since(start));
        report_filter_problems();
    }

    template <class Take> void read_all(decode::Decoder& decoder, capture::CaptureReader& reader, Take take) {
        PacketView packet;
        taken_count_ = 0;
        while (reader.next(packet)) {
            if (packet.number % packets_between_updates == 0) {
                if (is_over(decoder)) return;
                progress_.update(reader.bytes_read(), packet.number);
            }
            if (filter_ && !filter_->matches(packet)) continue;
            take(packet);
            if (++taken_count_ == options_.packet_limit) return;
        }
    }

    void redact_all(decode::Decoder& decoder, kms::Codec& codec, capture::CaptureReader& reader) {
        auto redacted = RedactedCapture::create();
        if (!redacted) return void(fail(redacted.error().message));
        dissect::TrackerOptions tracker;
        tracker.kms_port = settings_.kms_port;
        tracker.hash_key = settings_.hash_key;
        redacted->read(tracker, codec, *pseudonyms_,
                       [&](const RedactedCapture::Take& take) { read_all(decoder, reader, take); });
        const auto take = [&](const PacketView& packet) {
            decoder.on_packet(packet);
            // Of this one only the time is left, and the decoder has nothing to keep.
            if (store_ && packet.data.empty() && ip::decode_packet(packet).error() == ip::NoPacket::truncated)
                store_->keep(packet.number, packet);
        };
        const auto done = redacted->replay(*pseudonyms_, take, [&] { return is_over(decoder); });
        if (!done) fail(done.error().message);
    }

    void live(decode::Decoder& decoder) {
        auto source =
            capture::LiveCapture::open({.interface = *options_.interface,
                                        .filter = options_.filter.value_or(""),
                                        .snap_size = options_.snapshot_size,
                                        .promiscuous = options_.promiscuous,
                                        .packet_limit = options_.packet_limit.value_or(0),
                                        .time_limit = options_.time_limit.value_or(std::chrono::milliseconds{0}),
                                        .stop = environment_.stop,
                                        .on_idle = [&decoder](Timestamp now) {
                                            decoder.on_time(now);
                                            decoder.flush();
                                        }});
        if (!source) {
            fail(source.error().message);
            return;
        }
        const auto start = Clock::now();
        has_read_packets_ = true;
        decoder.begin_capture(*options_.interface);
        if (environment_.error_is_terminal) {
            environment_.write_error(fmt::format("capturing on {}; Ctrl-C ends it and prints the summary",
                                                 capture::display_name(*options_.interface)));
        }
        PacketView packet;
        while (!decoder.is_output_closed() && source->next(packet)) {
            decoder.on_packet(packet);
            decoder.flush();
        }
        decoder.end_capture(damage_of(*source), seconds_since(start));
        const auto statistics = source->statistics();
        if (statistics.dropped_count + statistics.interface_dropped_count > 0) {
            environment_.write_error(
                fmt::format("packets dropped: {} by the kernel, {} by the interface; conversations may have gaps",
                            statistics.dropped_count, statistics.interface_dropped_count));
        }
    }

    void report_filter_problems() {
        if (!filter_) return;
        for (; problems_told_ < filter_->problems().size(); ++problems_told_)
            environment_.write_error(filter_->problems()[problems_told_]);
    }

    void write_packets(const std::string& verdict) {
        if (!store_) return;
        const auto count = store_->write(verdict);
        if (!count) {
            fail(count.error().message);
        } else if (options_.settings.verbose) {
            environment_.write_error(fmt::format("{}: {} written", capture::display_name(*options_.write_file),
                                                 report::format_count(*count, "packet", "packets")));
        }
        if (const std::uint64_t left_out = store_->left_out_comment_count(); count && left_out > 0) {
            environment_.write_error(fmt::format(
                "{}: {} left out to bound memory: write fewer conversations, with --client, --host or --outcome",
                capture::display_name(*options_.write_file), report::format_count(left_out, "comment", "comments")));
        }
    }

    const Options& options_;
    decode::Settings settings_;  ///< those of the options, as they are for redacted captures
    const Environment& environment_;
    Progress progress_;
    std::vector<std::string> captures_;
    std::uint64_t taken_count_ = 0;  ///< packets of the file at hand
    bool has_read_packets_ = false;  ///< a capture could be opened
    std::optional<capture::PacketFilter> filter_;
    std::optional<PacketStore> store_;
    std::unique_ptr<redact::Pseudonyms> pseudonyms_;  ///< with --redact
    std::size_t problems_told_ = 0;
    bool failed_ = false;
};

}  // namespace

int run(const Options& options, const Environment& environment) { return Run{options, environment}.all(); }

}  // namespace diag::tool
