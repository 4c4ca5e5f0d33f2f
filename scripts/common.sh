# shellcheck shell=bash
# Sourced by the other scripts; needs `set -euo pipefail` there.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=$(nproc)

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "${0##*/}: $*"
    exit 3
}

# Prints the comment at the top of the calling script, which is its documentation.
show_help() { sed -n '2,/^[^#]/{/^#/!d;s/^# \{0,1\}//;p}' "$0"; }

# configure PRESET: quiet unless it fails. A build folder that another copy of the tree made is started afresh.
configure() {
    local preset=$1 folder=$root/build/$1 options=()
    local made_for
    made_for=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$folder/CMakeCache.txt" 2>/dev/null || true)
    if [[ -n $made_for && $made_for != "$root" ]]; then options+=(--fresh); fi
    mkdir -p "$folder"
    if ! (cd "$root" && cmake --preset "$preset" "${options[@]}") >"$folder/configure.log" 2>&1; then
        cat "$folder/configure.log" >&2
        fail "configuring preset $preset failed"
    fi
}

# build PRESET [TARGET...]: on standard error, so that a tool's own output stays clean. Ninja counts its steps on a
# terminal; elsewhere it is heard only when something goes wrong.
build() {
    local preset=$1 options=() native=()
    shift
    if (($#)); then options=(--target "$@"); fi
    if [[ ! -t 2 ]]; then
        native=(-- --quiet)
        say "building preset $preset"
    fi
    cmake --build "$root/build/$preset" --parallel "$jobs" "${options[@]}" "${native[@]}" >&2 ||
        fail "building preset $preset failed"
}

# run_ctest PRESET: prints what did not pass, and the summary; keeps the whole output in build/PRESET/ctest.log.
run_ctest() {
    local preset=$1 log=$root/build/$1/ctest.log status=0
    (cd "$root" && ctest --preset "$preset" --parallel "$jobs" --output-on-failure) 2>&1 | tee "$log" |
        { grep --line-buffered -vE '^ *Start +[0-9]+: |^ *[0-9]+/[0-9]+ Test +#[0-9]+: .* Passed +[0-9.]+ sec$' || true; } ||
        status=$?
    return "$status"
}

# The lines with which a ctest run ended, for whoever prints a last word.
ctest_summary() {
    grep -E '^[0-9]+% tests passed|^Total Test time' "$root/build/$1/ctest.log" || true
}
