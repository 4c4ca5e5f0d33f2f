#include "libdiag/eventlog/evtx_records.h"

#include <libbfio.h>
#include <libevtx.h>

#include <memory>
#include <vector>

namespace diag::eventlog {
namespace {

// The libraries free through a pointer to the handle, which they set to null.
template <class T, auto free> struct Free {
    void operator()(T* handle) const { free(&handle, nullptr); }
};
using Range = std::unique_ptr<libbfio_handle_t, Free<libbfio_handle_t, libbfio_handle_free>>;
using File = std::unique_ptr<libevtx_file_t, Free<libevtx_file_t, libevtx_file_free>>;
using Record = std::unique_ptr<libevtx_record_t, Free<libevtx_record_t, libevtx_record_free>>;

Range memory_range(Bytes bytes) {
    libbfio_handle_t* handle = nullptr;
    if (libbfio_memory_range_initialize(&handle, nullptr) != 1) return nullptr;
    Range range{handle};
    // Opened for reading only, so that nothing writes through the pointer.
    auto* data = const_cast<std::uint8_t*>(bytes.data());
    return libbfio_memory_range_set(handle, data, bytes.size(), nullptr) == 1 ? std::move(range) : nullptr;
}

File open_file(libbfio_handle_t* range) {
    libevtx_file_t* handle = nullptr;
    if (libevtx_file_initialize(&handle, nullptr) != 1) return nullptr;
    File file{handle};
    return libevtx_file_open_file_io_handle(handle, range, LIBEVTX_OPEN_READ, nullptr) == 1 ? std::move(file) : nullptr;
}

Record record_at(libevtx_file_t* file, int index) {
    libevtx_record_t* handle = nullptr;
    if (libevtx_file_get_record_by_index(file, index, &handle, nullptr) != 1) return nullptr;
    return Record{handle};
}

std::optional<std::string_view> xml_of(libevtx_record_t* record, std::vector<std::uint8_t>& buffer) {
    std::size_t size = 0;  // with the NUL
    if (libevtx_record_get_utf8_xml_string_size(record, &size, nullptr) != 1) return std::nullopt;
    if (size == 0 || size > max_record_xml_size) return std::nullopt;
    buffer.assign(size, 0);
    if (libevtx_record_get_utf8_xml_string(record, buffer.data(), size, nullptr) != 1) return std::nullopt;
    const std::string_view text{reinterpret_cast<const char*>(buffer.data()), size};
    return text.substr(0, text.find('\0'));
}

}  // namespace

EvtxEnd for_each_evtx_record(Bytes file, const TakeRecord& take) {
    const EvtxEnd cannot_open{.error = "no readable EVTX file: its header is damaged or cut"};
    const Range range = memory_range(file);
    if (range == nullptr) return cannot_open;
    const File evtx = open_file(range.get());
    int count = 0;
    if (evtx == nullptr || libevtx_file_get_number_of_records(evtx.get(), &count, nullptr) != 1) return cannot_open;
    std::vector<std::uint8_t> buffer;
    for (int i = 0; i < count; ++i) {
        const Record record = record_at(evtx.get(), i);
        if (!take(record == nullptr ? std::nullopt : xml_of(record.get(), buffer))) break;
    }
    EvtxEnd end;
    if (libevtx_file_is_corrupted(evtx.get(), nullptr) == 1)
        end.problem = "parts of the EVTX file are damaged: events may be missing";
    return end;
}

}  // namespace diag::eventlog
