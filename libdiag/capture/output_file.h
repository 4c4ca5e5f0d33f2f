#pragma once

#include <expected>
#include <string>

#include "libdiag/capture/error.h"
#include "libdiag/capture/file_descriptor.h"

namespace diag::capture {

/// A file that appears whole or not at all: what is written goes into a file of another name beside it, which takes the
/// name at commit(). Until then, and if it never comes, the name keeps what it had. Pipes and devices are written as they are,
/// and so is a file in whose folder no other can be made.
class OutputFile {
public:
    /// Errors say where to write instead. "-" is standard output.
    static std::expected<OutputFile, CaptureError> create(const std::string& path);

    OutputFile(OutputFile&& other) noexcept;
    OutputFile& operator=(OutputFile&&) = delete;
    ~OutputFile();

    /// What was in a file that is written as it is goes now; the first call before write_all().
    std::expected<void, CaptureError> begin();
    std::expected<void, CaptureError> write_all(Bytes bytes);
    /// Closes it and gives it its name.
    std::expected<void, CaptureError> commit();
    bool is_open() const { return file_.is_open(); }
    const std::string& name() const { return name_; }  ///< for messages

private:
    OutputFile(FileDescriptor file, std::string name) : file_{std::move(file)}, name_{std::move(name)} {}
    static std::expected<OutputFile, CaptureError> create_beside(const std::string& path, const std::string& target);
    void drop();

    FileDescriptor file_;
    std::string name_;
    std::string target_;     ///< what name_ is, behind links
    std::string temporary_;  ///< empty: written as it is, or committed
};

}  // namespace diag::capture
