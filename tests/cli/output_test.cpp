#include "libdiag/cli/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <thread>

#include "libdiag/cli/exit_status.h"
#include "libdiag/cli/signals.h"

namespace diag::cli {
namespace {

struct Pipe {
    Pipe() { REQUIRE(::pipe(ends) == 0); }
    ~Pipe() {
        close_reader();
        close_writer();
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    void close_reader() { close_end(ends[0]); }
    void close_writer() { close_end(ends[1]); }
    std::string read_all() const {
        std::string all(std::size_t{1} << 20, '\0');
        std::size_t size = 0;
        for (ssize_t n = 1; n > 0; size += static_cast<std::size_t>(n))
            n = ::read(ends[0], all.data() + size, all.size() - size);
        all.resize(size);
        return all;
    }
    int ends[2]{-1, -1};

private:
    static void close_end(int& fd) {
        if (fd >= 0) ::close(fd);
        fd = -1;
    }
};

// What goes to standard error while it lives. Short texts only: nobody reads before the end.
class CapturedErrors {
public:
    CapturedErrors() : saved_{::dup(STDERR_FILENO)} { ::dup2(pipe_.ends[1], STDERR_FILENO); }
    ~CapturedErrors() { restore(); }
    CapturedErrors(const CapturedErrors&) = delete;
    CapturedErrors& operator=(const CapturedErrors&) = delete;
    std::string take() {
        restore();
        pipe_.close_writer();
        return pipe_.read_all();
    }

private:
    void restore() {
        if (saved_ < 0) return;
        ::dup2(saved_, STDERR_FILENO);
        ::close(saved_);
        saved_ = -1;
    }
    Pipe pipe_;
    int saved_;
};

TEST_CASE("output: a text larger than the pipe arrives whole, also when the pipe does not block", "[cli]") {
    const bool blocking = GENERATE(true, false);
    CAPTURE(blocking);
    Pipe pipe;
    if (!blocking) REQUIRE(::fcntl(pipe.ends[1], F_SETFL, O_NONBLOCK) == 0);
    std::string text(std::size_t{300} << 10, 'x');
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i % 26);
    std::string seen;
    std::thread reader{[&] { seen = pipe.read_all(); }};
    Output out{"tool", pipe.ends[1]};
    const bool written = out.write(text);
    pipe.close_writer();
    reader.join();
    CHECK(written);
    CHECK(seen == text);
    CHECK(out.status(status_warning) == status_warning);
}

TEST_CASE("output: a closed pipe ends it quietly", "[cli]") {
    ignore_write_signals();
    Pipe pipe;
    pipe.close_reader();
    CapturedErrors errors;
    Output out{"tool", pipe.ends[1]};
    CHECK_FALSE(out.write("a"));
    CHECK_FALSE(out.write("b"));
    CHECK(errors.take().empty());
    CHECK(out.has_ended());
    CHECK_FALSE(out.has_failed());
    CHECK(out.status(status_critical) == status_critical);
}

TEST_CASE("output: a full disk is told once and is no success", "[cli]") {
    const int full = ::open("/dev/full", O_WRONLY);
    REQUIRE(full >= 0);
    CapturedErrors errors;
    Output out{"tool", full};
    CHECK_FALSE(out.write("a"));
    CHECK_FALSE(out.write("b"));
    ::close(full);
    CHECK(errors.take() == "tool: standard output: No space left on device\n");
    CHECK(out.has_failed());
    CHECK(out.status(status_ok) == status_failed);
    CHECK(out.status(status_critical) == status_failed);
}

TEST_CASE("output: print says 0 for what was written and 3 for what was not", "[cli]") {
    Pipe pipe;
    CHECK(Output{"tool", pipe.ends[1]}.print("help\n") == status_ok);
    pipe.close_writer();
    CHECK(pipe.read_all() == "help\n");
    CapturedErrors errors;
    CHECK(Output{"tool", -1}.print("help\n") == status_failed);
    CHECK(errors.take() == "tool: standard output: Bad file descriptor\n");
}

TEST_CASE("errors: a line with the tool's name in front", "[cli]") {
    CapturedErrors errors;
    write_error("kms-probe", "no target");
    CHECK(errors.take() == "kms-probe: no target\n");
}

TEST_CASE("color: only a terminal gets it by itself, and an explicit wish wins over everything", "[cli]") {
    Pipe pipe;
    const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
    REQUIRE(terminal >= 0);
    ::unsetenv("NO_COLOR");
    CHECK(wants_color(Color::automatic, terminal));
    CHECK_FALSE(wants_color(Color::automatic, pipe.ends[1]));
    ::setenv("NO_COLOR", "", 1);  // empty does not count (no-color.org)
    CHECK(wants_color(Color::automatic, terminal));
    ::setenv("NO_COLOR", "1", 1);
    CHECK_FALSE(wants_color(Color::automatic, terminal));
    CHECK(wants_color(Color::always, pipe.ends[1]));
    CHECK_FALSE(wants_color(Color::never, terminal));
    ::unsetenv("NO_COLOR");
    ::close(terminal);
}

}  // namespace
}  // namespace diag::cli
