#include "libdiag/redact/dns_rewriter.h"

#include <algorithm>
#include <map>

#include "libdiag/proto/dns/decode.h"

namespace diag::redact {
namespace {

using Out = std::span<std::uint8_t>;

constexpr std::uint16_t private_type = 65400;  // RFC 6895 3.1: 65280 to 65534 are for private use
constexpr std::uint16_t edns_padding = 12;     // RFC 7830
constexpr std::uint8_t reserved_label = 0x80;  // RFC 6891 5: begins no name
constexpr std::size_t record_fixed_size = 10;  // type, class, ttl, rdlength

/// What a record has in front of its data.
struct RecordPlace {
    std::size_t type = 0, data = 0, end = 0;
};

class Rewriting {
public:
    Rewriting(Bytes message, Out out, const Pseudonyms& pseudonyms)
        : message_{message}, out_{out}, pseudonyms_{pseudonyms} {}

    void run(bool is_cut) {
        copy(0, dns::header_size);
        const auto [message, error] = dns::decode_partial(message_);
        end_ = std::min(dns::header_size, message_.size());
        for (const auto& q : message.questions) question(q);
        for (const auto* section : {&message.answers, &message.authorities, &message.additionals})
            for (const auto& r : *section) record(r);
        // Zeros might be read as one more record.
        if (error && !is_cut && end_ < message_.size()) out_[end_] = reserved_label;
    }

private:
    void copy(std::size_t offset, std::size_t size) {
        if (offset >= message_.size()) return;
        std::ranges::copy(head(message_.subspan(offset), size), at(offset));
    }
    Out::iterator at(std::size_t offset) { return out_.begin() + static_cast<std::ptrdiff_t>(offset); }
    std::uint16_t u16(std::size_t offset) const {
        return static_cast<std::uint16_t>(message_[offset] << 8U | message_[offset + 1]);
    }

    /// Writes the labels of a name that was read already, wherever they stand, and returns where it ends. Bounded by what
    /// read_name() accepts: pointers lead backwards.
    std::size_t name(std::size_t offset, const dns::DomainName& old) {
        const dns::DomainName made = pseudonyms_.name(old);
        std::size_t behind = 0;
        std::size_t from = offset;
        const auto follow = [&] {
            while (message_[from] >= 0xc0) {
                copy(from, 2);
                if (behind == 0) behind = from + 2;
                from = u16(from) & 0x3fffU;
            }
        };
        for (const Bytes label : made.labels()) {
            follow();
            out_[from] = message_[from];
            // A label in more than one name has the likeness that it got in the first.
            if (written_.emplace(from, true).second) std::ranges::copy(label, at(from + 1));
            from += 1U + message_[from];
        }
        follow();
        return behind != 0 ? behind : from + 1;
    }

    void question(const dns::Question& q) {
        const std::size_t behind = name(q.place.offset, q.name);
        copy(behind, 4);
        end_ = q.place.offset + q.place.size;
    }

    void record(const dns::Record& r) {
        const std::size_t behind = name(r.place.offset, r.name);
        const RecordPlace place{
            .type = behind, .data = behind + record_fixed_size, .end = r.place.offset + r.place.size};
        copy(place.type, record_fixed_size);
        end_ = place.end;
        if (place.data < place.end) data(place, r);
    }

    void data(const RecordPlace& place, const dns::Record& r) {
        if (const auto* address = std::get_if<IpAddress>(&r.data)) {
            std::ranges::copy(pseudonyms_.address(*address).bytes(), at(place.data));
        } else if (const auto* target = std::get_if<dns::DomainName>(&r.data)) {
            name(place.data, *target);
        } else if (const auto* srv = std::get_if<dns::Srv>(&r.data)) {
            copy(place.data, 6);
            name(place.data + 6, srv->target);
        } else if (const auto* soa = std::get_if<dns::Soa>(&r.data)) {
            const std::size_t rname = name(place.data, soa->mname);
            copy(name(rname, soa->rname), 20);
        } else if (std::holds_alternative<dns::Opt>(r.data)) {
            options(place);
        } else if (r.type != dns::type::txt) {
            out_[place.type] = private_type >> 8U;
            out_[place.type + 1] = private_type & 0xffU;
        }
    }

    void options(const RecordPlace& place) {
        for (std::size_t offset = place.data; offset + 4 <= place.end; offset += 4U + u16(offset + 2)) {
            out_[offset + 1] = edns_padding;
            copy(offset + 2, 2);
        }
    }

    Bytes message_;
    Out out_;
    const Pseudonyms& pseudonyms_;
    std::size_t end_ = 0;  // of what was read
    std::map<std::size_t, bool> written_;
};

}  // namespace

void rewrite_dns(Bytes message, Out out, const Pseudonyms& pseudonyms, bool is_cut) {
    Rewriting{message, out, pseudonyms}.run(is_cut);
}

}  // namespace diag::redact
