#include "libdiag/capture/reader.h"

#include <fmt/format.h>

#include "libdiag/capture/identify.h"

namespace diag::capture {
namespace {

std::unexpected<CaptureError> refuse(CaptureError::Kind kind, const std::string& name, std::string_view what) {
    return std::unexpected(CaptureError{kind, fmt::format("{}: {}", name, what)});
}

}  // namespace

std::expected<CaptureReader, CaptureError> CaptureReader::open(const std::string& path) {
    auto source = ByteSource::open(path);
    if (!source) return std::unexpected(std::move(source.error()));
    return start(std::move(*source), display_name(path));
}

std::expected<CaptureReader, CaptureError> CaptureReader::from_memory(Bytes bytes) {
    return start(ByteSource::from_memory(bytes), "memory");
}

std::expected<CaptureReader, CaptureError> CaptureReader::start(ByteSource source, const std::string& name) {
    using Kind = CaptureError::Kind;
    CaptureReader reader{std::move(source)};
    ByteSource& in = reader.source_;
    in.need(pcap_header_size);
    if (in.size() == 0) {
        if (const std::string failure = in.failure(); !failure.empty())
            return refuse(in.compression().empty() ? Kind::io : Kind::not_a_capture, name, failure);
        const bool compressed = !in.compression().empty();
        return refuse(Kind::empty, name, compressed ? "nothing is in this compressed file" : "the file is empty");
    }
    if (looks_like_pcapng(in.view())) {
        reader.is_pcapng_ = true;
        return reader;
    }
    if (!has_pcap_magic(in.view())) {
        in.need(identify_size);
        const std::string prefix = in.compression().empty() ? "" : fmt::format("inside {}: ", in.compression());
        return refuse(Kind::not_a_capture, name,
                      fmt::format("not a capture: {}it is {}", prefix, describe_non_capture(in.view())));
    }
    if (in.size() < pcap_header_size) {
        reader.damage_ = Damage{0, in.describe_end("the file header", in.size(), pcap_header_size)};
        in.skip(in.size());
        return reader;
    }
    const auto header = decode_pcap_header(in.view());
    if (!header) return refuse(Kind::unsupported, name, header.error());
    in.skip(pcap_header_size);
    reader.header_ = *header;
    reader.record_header_size_ = header->record_header_size;
    reader.captured_size_limit_ = captured_size_limit(header->link_type);
    reader.fraction_digits_ = header->fraction_ns == 1 ? 9 : 6;
    return reader;
}

/// Refills the buffer and tries again, ends, or finds what is wrong with the record that comes next.
bool CaptureReader::next_slow(PacketView& packet) {
    if (damage_) return false;
    if (is_pcapng_) {
        if (pcapng_.next(source_, packet)) {
            packet.number = ++packet_count_;
            return true;
        }
        damage_ = pcapng_.damage();
        return false;
    }
    const auto damaged = [this](std::string what) {
        damage_ = Damage{source_.offset(), std::move(what)};
        return false;
    };
    if (!source_.need(record_header_size_)) {
        if (source_.size() == 0 && source_.failure().empty()) return false;
        return damaged(source_.describe_end("a record header", source_.size(), record_header_size_));
    }
    const PcapRecord record = load_pcap_record(source_.data(), header_.swapped);
    if (record.captured_size > captured_size_limit_) {
        return damaged(fmt::format("the record says that it holds {} bytes of a packet, more than any packet has ({})",
                                   record.captured_size, captured_size_limit_));
    }
    const std::size_t size = record_header_size_ + record.captured_size;
    if (!source_.need(size)) return damaged(source_.describe_end("a record", source_.size(), size));
    take(record, packet);
    return true;
}

std::string CaptureReader::format() const {
    std::string out = is_pcapng_ ? "pcapng" : "pcap";
    if (!source_.compression().empty()) out.append(", ").append(source_.compression());
    return out;
}

}  // namespace diag::capture
