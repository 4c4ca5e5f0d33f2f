#include "libdiag/slmgr/dlv_lines.h"

namespace diag::slmgr {
namespace {

constexpr Word<LicenseStatus> status_words[] = {
    {LicenseStatus::unlicensed, "Unlicensed"},
    {LicenseStatus::licensed, "Licensed"},
    {LicenseStatus::initial_grace, "Initial grace period"},
    {LicenseStatus::additional_grace, "Additional grace period", " (KMS license expired or hardware out of tolerance)"},
    {LicenseStatus::non_genuine_grace, "Non-genuine grace period", "."},
    {LicenseStatus::notification, "Notification"},
    {LicenseStatus::extended_grace, "Extended grace period"},
    {LicenseStatus::unknown, "Unknown"},
};
constexpr Word<ActivationType> type_words[] = {
    {ActivationType::all, "All"},
    {ActivationType::ad, "AD"},
    {ActivationType::kms, "KMS"},
    {ActivationType::token, "Token"},
};
constexpr Word<Priority> priority_words[] = {{Priority::normal, "Normal"}, {Priority::low, "Low"}};
constexpr Word<bool> enabled_words[] = {{true, "enabled"}, {false, "disabled"}};

// A second heading names what activated the client. Windows 7 and older print it without the first.
constexpr std::string_view recent = "Most recent activation information:";
constexpr BlockForm blocks[] = {
    {Block::head, Side::both, false, {}, {}},
    {Block::product, Side::both, false, {}, {}},
    {Block::kms_client, Side::client, true, recent, "Key Management Service client information"},
    {Block::warning, Side::client, false, {}, {}},
    {Block::ad_client, Side::client, true, recent, "AD Activation client information"},
    {Block::token_client, Side::client, true, recent, "Token-based Activation information"},
    {Block::vm_client, Side::client, true, recent, "Automatic VM Activation client information"},
    {Block::host, Side::host, true, {}, {}},  // opened by a line that is a fact itself
    {Block::requests, Side::host, true, "Key Management Service cumulative requests received from clients", {}},
};

using enum Block;
using Source = KmsMachine::Source;

constexpr Line lines[] = {
    {"service_version", "Software licensing service version: ", head, TextValue{&Dlv::service_version}},

    {"name", "Name: ", product, TextValue{&Dlv::name}},
    {"description", "Description: ", product, TextValue{&Dlv::description}},
    {"activation_id", "Activation ID: ", product, IdValue{&Dlv::activation_id}},
    {"application_id", "Application ID: ", product, IdValue{&Dlv::application_id}},
    {"extended_pid", "Extended PID: ", product, TextValue{&Dlv::extended_pid}},
    {"product_key_channel", "Product Key Channel: ", product, TextValue{&Dlv::product_key_channel}},
    {"installation_id", "Installation ID: ", product, TextValue{&Dlv::installation_id}},
    {"processor_url", "Processor Certificate URL: ", product, TextValue{&Dlv::processor_url}},
    {"machine_url", "Machine Certificate URL: ", product, TextValue{&Dlv::machine_url}},
    {"use_license_url", "Use License URL: ", product, TextValue{&Dlv::use_license_url}},
    {"product_key_url", "Product Key Certificate URL: ", product, TextValue{&Dlv::product_key_url}},
    {"validation_url", "Validation URL: ", product, TextValue{&Dlv::validation_url}},
    {"partial_key", "Partial Product Key: ", product, TextValue{&Dlv::partial_key}},
    {"not_in_use", "This license is not in use.", product, SentenceValue{&Dlv::not_in_use}},
    {"license_status", "License Status: ", product, ChoiceValue<LicenseStatus>{&Dlv::license_status, status_words}},
    {"volume_expiration_minutes", "Volume activation expiration: ", product,
     MinutesValue{&Dlv::volume_expiration_minutes}},
    {"timebased_expiration_minutes", "Timebased activation expiration: ", product,
     MinutesValue{&Dlv::timebased_expiration_minutes}},
    {"vm_expiration_minutes", "Automatic VM activation expiration: ", product,
     MinutesValue{&Dlv::vm_expiration_minutes}},
    {"remaining_minutes", "Time remaining: ", product, MinutesValue{&Dlv::remaining_minutes}},
    {"notification_reason", "Notification Reason: ", product, ReasonValue{&Dlv::notification_reason}},
    {"evaluation_end", "Evaluation End Date: ", product, TextValue{&Dlv::evaluation_end}},
    {"windows_rearm_count", "Remaining Windows rearm count: ", product, NumberValue{&Dlv::windows_rearm_count}},
    {"app_rearm_count", "Remaining App rearm count: ", product, NumberValue{&Dlv::app_rearm_count}},
    {"sku_rearm_count", "Remaining SKU rearm count: ", product, NumberValue{&Dlv::sku_rearm_count}},
    {"trusted_time", "Trusted time: ", product, TextValue{&Dlv::trusted_time}},
    {"activation_type", "Configured Activation Type: ", product,
     ChoiceValue<ActivationType>{&Dlv::activation_type, type_words}},
    {"refresh_hint", "Please use slmgr.vbs /ato", product, SentenceValue{&Dlv::refresh_hint},
     " to activate; KMS client information is shown afterwards."},
    {"guest_iaid", "Guest IAID: ", product, TextValue{&Dlv::guest_iaid}},

    {"client_machine_id", "Client Machine ID (CMID): ", kms_client, IdValue{&Dlv::client_machine_id}},
    {"lookup_domain", "Registered KMS SRV record lookup domain: ", kms_client, TextValue{&Dlv::lookup_domain}},
    {"kms_machine", "Registered KMS machine name: ", kms_client, MachineValue{&Dlv::kms_machine, Source::registered}},
    {"kms_machine", "KMS machine name from DNS: ", kms_client, MachineValue{&Dlv::kms_machine, Source::dns}},
    {"kms_machine", "DNS auto-discovery: KMS name not available", kms_client,
     MachineValue{&Dlv::kms_machine, Source::unavailable}},
    {"kms_ip", "KMS machine IP address: ", kms_client, TextValue{&Dlv::kms_ip}},
    {"host_extended_pid", "KMS machine extended PID: ", kms_client, TextValue{&Dlv::host_extended_pid}},
    {"activation_interval_minutes", "Activation interval: ", kms_client, NumberValue{&Dlv::activation_interval_minutes},
     " minutes"},
    {"renewal_interval_minutes", "Renewal interval: ", kms_client, NumberValue{&Dlv::renewal_interval_minutes},
     " minutes"},
    {"host_caching", "KMS host caching is ", kms_client, ChoiceValue<bool>{&Dlv::host_caching, enabled_words}},
    {"overriding_host", "Warning: /skms setting overrides the /skms-domain setting. ", warning,
     TextValue{&Dlv::overriding_host}, " will be used for activation."},

    {"ad_object_name", "Activation Object name: ", ad_client, TextValue{&Dlv::ad_object_name}},
    {"ad_object_dn", "AO DN: ", ad_client, TextValue{&Dlv::ad_object_dn}},
    {"ad_extended_pid", "AO extended PID: ", ad_client, TextValue{&Dlv::ad_extended_pid}},
    {"ad_activation_id", "AO activation ID: ", ad_client, IdValue{&Dlv::ad_activation_id}},

    {"token_license_id", "License ID (ILID): ", token_client, TextValue{&Dlv::token_license_id}},
    {"token_version_id", "Version ID (ILvID): ", token_client, TextValue{&Dlv::token_version_id}},
    {"token_grant_number", "Grant Number: ", token_client, TextValue{&Dlv::token_grant_number}},
    {"token_thumbprint", "Certificate Thumbprint: ", token_client, TextValue{&Dlv::token_thumbprint}},

    {"vm_host_name", "Host machine name: ", vm_client, TextValue{&Dlv::vm_host_name}},
    {"vm_activation_time", "Activation time: ", vm_client, TextValue{&Dlv::vm_activation_time}},
    {"vm_host_pid", "Host Digital PID2: ", vm_client, TextValue{&Dlv::vm_host_pid}},

    {"host_enabled", "Key Management Service is enabled on this machine", host, SentenceValue{&Dlv::host_enabled}},
    {"current_count", "Current count: ", host, NumberValue{&Dlv::current_count}},
    {"listening_port", "Listening on Port: ", host, NumberValue{&Dlv::listening_port}},
    {"dns_publishing", "DNS publishing ", host, ChoiceValue<bool>{&Dlv::dns_publishing, enabled_words}},
    {"priority", "KMS priority: ", host, ChoiceValue<Priority>{&Dlv::priority, priority_words}},

    {"total_requests", "Total requests received: ", requests, NumberValue{&Dlv::total_requests}},
    {"failed_requests", "Failed requests received: ", requests, NumberValue{&Dlv::failed_requests}},
    {"unlicensed_requests", "Requests with License Status Unlicensed: ", requests,
     NumberValue{&Dlv::unlicensed_requests}},
    {"licensed_requests", "Requests with License Status Licensed: ", requests, NumberValue{&Dlv::licensed_requests}},
    {"initial_grace_requests", "Requests with License Status Initial grace period: ", requests,
     NumberValue{&Dlv::initial_grace_requests}},
    {"expired_requests", "Requests with License Status License expired or Hardware out of tolerance: ", requests,
     NumberValue{&Dlv::expired_requests}},
    {"non_genuine_requests", "Requests with License Status Non-genuine grace period: ", requests,
     NumberValue{&Dlv::non_genuine_requests}},
    {"notification_requests", "Requests with License Status Notification: ", requests,
     NumberValue{&Dlv::notification_requests}},

    {"product_not_found", "Error: product not found.", product, SentenceValue{&Dlv::product_not_found}},
};

}  // namespace

std::span<const BlockForm> all_blocks() { return blocks; }

const BlockForm& form_of(Block block) { return blocks[static_cast<std::size_t>(block)]; }

std::span<const Line> all_lines() { return lines; }

}  // namespace diag::slmgr
