#include "libdiag/capture/identify.h"

#include <algorithm>
#include <cctype>

#include "libdiag/base/hex.h"
#include "libdiag/base/utf.h"
#include "libdiag/wire/reader.h"

namespace diag::capture {
namespace {

struct Magic {
    std::size_t offset;
    std::string_view bytes;
    std::string_view meaning;
};

using namespace std::string_view_literals;  // "..."sv keeps the NULs

constexpr Magic magics[] = {
    {0, "GMBU"sv, "a Network Monitor 2 capture: convert it first (editcap -F pcapng IN OUT)"},
    {0, "RTSS"sv, "a Network Monitor 1 capture: convert it first (editcap -F pcapng IN OUT)"},
    {0, "snoop\0\0\0"sv, "a Solaris snoop capture: convert it first (editcap -F pcapng IN OUT)"},
    {0, "TRSNIFF data"sv, "a Sniffer capture: convert it first (editcap -F pcapng IN OUT)"},
    {0, "XCP\0"sv, "a NetXRay or Sniffer capture: convert it first (editcap -F pcapng IN OUT)"},
    {0, "ElfFile\0"sv, "a Windows event log (EVTX), not a capture: give it with --events"},
    {0,
     "\xFD"
     "7zXZ\0"sv,
     "xz-compressed: decompress it first (xz -d)"},
    {0, "BZh"sv, "bzip2-compressed: decompress it first (bzip2 -d)"},
    {0, "\x04\x22\x4D\x18"sv, "lz4-compressed: decompress it first (lz4 -d)"},
    {0, "\x5D\0\0"sv, "lzma-compressed: decompress it first (xz -d --format=lzma)"},
    {0, "\x1F\x9D"sv, "compressed with compress (.Z): decompress it first (gzip -d)"},
    {0, "\x1F\x8B"sv, "the first bytes of a gzip file and no more: the file is cut off"},
    {0, "7z\xBC\xAF\x27\x1C"sv, "a 7-Zip archive: unpack it first (7z x)"},
    {0, "PK\x03\x04"sv, "a ZIP archive (or a document that is one): unpack it first"},
    {0, "PK\x05\x06"sv, "an empty ZIP archive"},
    {0, "Rar!\x1A\x07"sv, "a RAR archive: unpack it first"},
    {0, "MSCF"sv,
     "a Windows cabinet (netsh trace makes them): unpack it first (cabextract), then convert the .etl in it "
     "(etl2pcapng)"},
    {257, "ustar"sv, "a tar archive: unpack it first (tar -xf)"},
    {0,
     "\x7F"
     "ELF"sv,
     "an ELF program"},
    {0, "MZ"sv, "a Windows program"},
    {0, "%PDF-"sv, "a PDF document"},
    {0, "\x89PNG"sv, "a PNG picture"},
    {0, "\xFF\xD8\xFF"sv, "a JPEG picture"},
    {0, "HTTP/1."sv, "an HTTP response saved with its header, likely an error page instead of a download"},
};

bool has(Bytes bytes, const Magic& magic) {
    if (bytes.size() < magic.offset + magic.bytes.size()) return false;
    return std::ranges::equal(bytes.subspan(magic.offset, magic.bytes.size()), bytes_of(magic.bytes));
}

/// An ETL file begins with a buffer: its size (a multiple of 1 KiB, far below 16 MiB) in a header of 72 bytes, then the
/// first event, whose fourth byte marks a system trace header.
bool is_etl(Bytes head) {
    if (head.size() < 76) return false;
    Reader r{head, std::endian::little};
    const std::uint32_t buffer_size = r.u32("BufferSize");
    return buffer_size >= 1024 && buffer_size % 1024 == 0 && buffer_size < (1U << 24) && head[75] == 0xC0;
}

bool is_text_byte(std::uint8_t byte) {
    return byte >= 0x20 || byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f';
}

bool starts_with_any_case(std::string_view text, std::string_view lower_prefix) {
    return text.size() >= lower_prefix.size() &&
           std::ranges::equal(text.substr(0, lower_prefix.size()), lower_prefix,
                              [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
}

std::string first_line(std::string_view text) {
    constexpr std::size_t longest = 40;  // characters: enough to know one's own file again
    const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
    return escape_for_terminal(line.substr(0, longest)) + (line.size() > longest ? "..." : "");
}

/// Empty when the bytes are no text.
std::string describe_text(Bytes head) {
    if (head.size() >= 2 && ((head[0] == 0xFF && head[1] == 0xFE) || (head[0] == 0xFE && head[1] == 0xFF)))
        return "a text file in UTF-16";
    const auto is_ascii = [](std::uint8_t byte) { return byte < 0x80; };
    const auto ascii_count = static_cast<std::size_t>(std::ranges::count_if(head, is_ascii));
    if (!std::ranges::all_of(head, is_text_byte) || ascii_count < head.size() / 2 + 1) return {};
    std::string_view text{reinterpret_cast<const char*>(head.data()), head.size()};
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    const std::size_t start = text.find_first_not_of(" \t\r\n\f");
    if (start == std::string_view::npos) return "a text file of blanks";
    text.remove_prefix(start);
    if (starts_with_any_case(text, "<!doctype html") || starts_with_any_case(text, "<html"))
        return "an HTML page, likely an error or login page instead of a download";
    if (starts_with_any_case(text, "<?xml") || text.starts_with('<')) return "an XML file";
    if (text.starts_with('{') || text.starts_with('[')) return "a JSON file";
    return "a text file (\"" + first_line(text) + "\")";
}

}  // namespace

std::string describe_non_capture(Bytes head) {
    head = diag::head(head, identify_size);
    for (const Magic& magic : magics) {
        if (has(head, magic)) return std::string{magic.meaning};
    }
    if (is_etl(head)) return "a Windows event trace (ETL): convert it first (etl2pcapng IN OUT)";
    if (std::string text = describe_text(head); !text.empty()) return text;
    constexpr std::size_t shown_size = 8;
    return "a file that begins with the bytes " + to_hex(diag::head(head, shown_size));
}

}  // namespace diag::capture
