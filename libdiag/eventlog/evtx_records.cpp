#include "libdiag/eventlog/evtx_records.h"

#include <libbfio.h>
#include <libevtx.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <vector>

namespace diag::eventlog {
namespace {

// The libraries free through a pointer to the handle, which they set to null.
template <class T, auto free> struct Free {
    void operator()(T* handle) const { free(&handle, nullptr); }
};
using Handle = std::unique_ptr<libbfio_handle_t, Free<libbfio_handle_t, libbfio_handle_free>>;
using File = std::unique_ptr<libevtx_file_t, Free<libevtx_file_t, libevtx_file_free>>;
using Record = std::unique_ptr<libevtx_record_t, Free<libevtx_record_t, libevtx_record_free>>;

// libbfio can read from memory by itself, but does not stop at the end of it (20170123: it copies as much as was asked for,
// from beyond the block); so the reading is ours, behind its interface.
struct MemoryFile {
    Bytes bytes;
    std::size_t at = 0;
};

MemoryFile& file_of(std::intptr_t* handle) { return *reinterpret_cast<MemoryFile*>(handle); }

ssize_t read_memory(std::intptr_t* handle, std::uint8_t* out, std::size_t size, libbfio_error_t** /*error*/) {
    MemoryFile& file = file_of(handle);
    const Bytes part = head(file.bytes.subspan(std::min(file.at, file.bytes.size())), size);
    std::ranges::copy(part, out);
    file.at += part.size();
    return static_cast<ssize_t>(part.size());
}

off64_t seek_memory(std::intptr_t* handle, off64_t offset, int whence, libbfio_error_t** /*error*/) {
    MemoryFile& file = file_of(handle);
    const std::size_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? file.at : file.bytes.size();
    off64_t to = 0;
    if (__builtin_add_overflow(static_cast<off64_t>(from), offset, &to) || to < 0) return -1;
    file.at = static_cast<std::size_t>(to);
    return to;
}

int size_of_memory(std::intptr_t* handle, size64_t* size, libbfio_error_t** /*error*/) {
    *size = file_of(handle).bytes.size();
    return 1;
}

ssize_t refuse_write(std::intptr_t*, const std::uint8_t*, std::size_t, libbfio_error_t**) { return -1; }
int refuse_clone(std::intptr_t**, std::intptr_t*, libbfio_error_t**) { return -1; }
int open_memory(std::intptr_t*, int, libbfio_error_t**) { return 1; }
int close_memory(std::intptr_t*, libbfio_error_t**) { return 0; }
int say_yes(std::intptr_t*, libbfio_error_t**) { return 1; }
int free_nothing(std::intptr_t**, libbfio_error_t**) { return 1; }

/// The file has to outlive the handle.
Handle handle_of(MemoryFile& file) {
    libbfio_handle_t* handle = nullptr;
    const int done =
        libbfio_handle_initialize(&handle, reinterpret_cast<std::intptr_t*>(&file), free_nothing, refuse_clone,
                                  open_memory, close_memory, read_memory, refuse_write, seek_memory, say_yes, say_yes,
                                  size_of_memory, LIBBFIO_FLAG_IO_HANDLE_NON_MANAGED, nullptr);
    return done == 1 ? Handle{handle} : nullptr;
}

File open_file(libbfio_handle_t* input) {
    libevtx_file_t* handle = nullptr;
    if (libevtx_file_initialize(&handle, nullptr) != 1) return nullptr;
    File file{handle};
    return libevtx_file_open_file_io_handle(handle, input, LIBEVTX_OPEN_READ, nullptr) == 1 ? std::move(file) : nullptr;
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
    EvtxEnd cannot_open{.error = "no readable EVTX file: its header is damaged or cut"};
    MemoryFile memory{file};
    const Handle handle = handle_of(memory);
    if (handle == nullptr) return cannot_open;
    const File evtx = open_file(handle.get());
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
