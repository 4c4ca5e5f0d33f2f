#pragma once

#include <string>
#include <string_view>

namespace diag::check {

/// Whom a finding is about, as far as its evidence tells; empty where it does not. A capture knows addresses, a log names, a
/// request the client machine id: what only one of two findings knows says nothing about the other. Names in lower case.
struct Subject {
    std::string client_address;
    std::string client_name;  ///< of the computer, with or without its domain
    std::string machine_id;   ///< the client machine id
    std::string host;         ///< "192.0.2.10:1688"
    std::string host_name;    ///< of the KMS host, with or without its domain; no port
    std::string domain;       ///< the one whose SRV record is concerned

    friend bool operator==(const Subject&, const Subject&) = default;
};

/// "kms1" of "kms1.example.test".
std::string_view first_label(std::string_view name);

/// Whether both can be names of one machine, in any case: one of them may lack its domain, which the suffixes of the client add.
bool is_same_host(std::string_view a, std::string_view b);

/// Whether two findings cannot be about the same thing: both name a client, a host or a domain, and not the same.
bool contradict(const Subject& a, const Subject& b);

/// Whether both name the same host or domain.
bool is_same_place(const Subject& a, const Subject& b);

/// What two findings have in common: where they differ, the kept one is about all.
void keep_common(Subject& kept, const Subject& other);

/// Adds what only the other one knows of the same.
void add_known(Subject& known, const Subject& other);

}  // namespace diag::check
