#pragma once

#include "libdiag/check/rules.h"
#include "libdiag/report/subject.h"

// Subjects that the tests of several formats render.

namespace diag::report {

inline check::Finding make_finding(const check::Rule& rule, std::string title, std::vector<std::string> evidence = {}) {
    return {
        .rule = &rule, .target = "kms.example.com:1688", .title = std::move(title), .evidence = std::move(evidence)};
}

inline Subject healthy_subject() {
    return {.name = "kms.example.com:1688",
            .summary = "a KMS host listens and takes the bind",
            .metrics = {{.label = "connect", .value = 1.25, .unit = "ms", .warn = 100, .crit = 500},
                        {.label = "bind", .value = 3, .unit = "ms"}},
            .duration = std::chrono::microseconds{4250}};
}

inline Subject warning_subject() {
    return {.name = "low.example.com:1688",
            .summary = "the host counts too few clients",
            .findings = {make_finding(check::rule::count_low, "the count is 3 and has to be 25", {"count 3"})},
            .duration = std::chrono::milliseconds{1500}};
}

inline Subject critical_subject() {
    return {.name = "off.example.com:1688",
            .summary = "the port is not listening",
            .findings = {make_finding(check::rule::host_lab, "this is the lab"),
                         make_finding(check::rule::count_low, "the count is 3"),
                         make_finding(check::rule::connect_refused, "the host refuses", {"RST in packet 2"})},
            .duration = std::chrono::milliseconds{20}};
}

/// A client that is not licensed because the count is low, and a finding that has nothing to do with either.
inline Subject consequence_subject() {
    return {.name = "client.txt",
            .summary = "the client is not licensed",
            .findings = {make_finding(check::rule::client_unlicensed, "the client is not licensed", {"License Status"}),
                         make_finding(check::rule::client_no_cache, "host caching is off"),
                         make_finding(check::rule::count_low, "the count is 3 of 25", {"count 3"})}};
}

/// Every text of it tries to break out of the format.
inline Subject hostile_subject() {
    const std::string evil =
        "a|b\nCRITICAL c\r\t\x1b[2J\x01 ]]> <&>\"'= \xff\xc0\x80 \xEF\xBF\xBF \xE2\x80\xAE \xC2\x9B ; \xE5\xB7\xA5";
    return {.name = evil,
            .summary = evil,
            .notes = {evil},
            .findings = {make_finding(check::rule::connect_refused, evil, {evil}),
                         make_finding(check::rule::host_lab, evil, {evil})},
            .metrics = {{.label = evil, .value = 1, .unit = ""}}};
}

}  // namespace diag::report
