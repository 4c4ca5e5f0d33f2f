// usage: measure COMMAND [ARGUMENT...]
//
// Runs the command and writes one line of JSON about it to standard error, behind whatever the command wrote there.
// Python could do this, but on Linux a program's peak memory includes that of the process that started it: an
// interpreter would add its own size to every figure, and its slow start to every time.
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

extern char** environ;

namespace {

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fprintf(stderr, "usage: measure COMMAND [ARGUMENT...]\n");
        return 3;
    }
    const auto start = std::chrono::steady_clock::now();
    pid_t child = 0;
    if (const int error = posix_spawnp(&child, argv[1], nullptr, nullptr, argv + 1, environ); error != 0) {
        std::fprintf(stderr, "measure: %s: %s\n", argv[1], std::strerror(error));
        return 3;
    }
    int status = 0;
    rusage used{};
    while (wait4(child, &status, 0, &used) < 0) {
        if (errno != EINTR) return 3;
    }
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    std::fprintf(stderr, "{\"status\": %d, \"wall_s\": %.6f, \"cpu_s\": %.6f, \"peak_kib\": %ld}\n",
                 WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), wall.count(),
                 seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss);
    return 0;
}
