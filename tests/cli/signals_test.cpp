#include "libdiag/cli/signals.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>

namespace diag::cli {
namespace {

// What a child process that runs this ended with, as waitpid() has it.
template <class Body> int status_of_child(Body body) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) _exit(body());
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return status;
}

TEST_CASE("signals: the first SIGINT or SIGTERM sets the flag and the process goes on", "[cli]") {
    for (const int number : {SIGINT, SIGTERM}) {
        CAPTURE(number);
        const int status = status_of_child([number] {
            const auto& stop = stop_on_signals();
            if (stop) return 1;
            std::raise(number);
            return stop ? 0 : 2;
        });
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 0);
    }
}

TEST_CASE("signals: the second one ends the process", "[cli]") {
    const int status = status_of_child([] {
        stop_on_signals();
        std::raise(SIGINT);
        std::raise(SIGINT);
        return 0;
    });
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGINT);
}

TEST_CASE("signals: a read that waits is ended by the signal", "[cli]") {
    const int status = status_of_child([] {
        int ends[2];
        if (::pipe(ends) != 0) return 3;
        const auto& stop = stop_on_signals();
        const pid_t reader = ::getpid();
        if (::fork() == 0) {
            ::usleep(200'000);
            ::kill(reader, SIGTERM);
            _exit(0);
        }
        ::alarm(30);  // ends a read that goes on
        char byte = 0;
        const ssize_t got = ::read(ends[0], &byte, 1);
        return got < 0 && errno == EINTR && stop ? 0 : 1;
    });
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("signals: writing to a closed pipe is an error and no death", "[cli]") {
    const int status = status_of_child([] {
        ignore_write_signals();
        int ends[2];
        if (::pipe(ends) != 0) return 3;
        ::close(ends[0]);
        return ::write(ends[1], "x", 1) < 0 && errno == EPIPE ? 0 : 1;
    });
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace diag::cli
