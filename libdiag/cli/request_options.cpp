#include "libdiag/cli/request_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "libdiag/cli/numbers.h"
#include "libdiag/proto/kms/product_choice.h"

namespace diag::cli {
namespace {

using Problem = std::unexpected<std::string>;
using Result = std::expected<void, std::string>;

// "2", or its name: "initial grace", "initial-grace".
std::expected<std::uint32_t, std::string> parse_license_status(const std::string& text) {
    std::string name = text;
    std::ranges::replace(name, '-', ' ');
    for (const Name& known : kms::license_status_names)
        if (name == known.name || text == std::to_string(known.value)) return static_cast<std::uint32_t>(known.value);
    std::string names;
    for (const Name& known : kms::license_status_names)
        names += fmt::format("{}{} {}", names.empty() ? "" : ", ", known.value, known.name);
    return Problem(fmt::format("'{}' is none of {}", text, names));
}

std::expected<Uuid, std::string> parse_machine_id(const std::string& text) {
    const auto id = Uuid::parse(text);
    if (!id) return Problem(fmt::format("'{}' is not a GUID like 3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13", text));
    if (id->is_nil()) return Problem("the id must not be zero");
    return *id;
}

Result read_product(const po::variables_map& map, session::ClientSettings& out) {
    out.activation_id = kms::default_product().activation_id;
    const auto text = text_of(map, "product");
    if (!text) return {};
    const auto product = of_option("product", kms::choose_product(*text));
    if (!product) return Problem(product.error());
    if ((*product)->channel == "retail")  // a host refuses it, and would be blamed for that
        return Problem(option_problem(
            "product", fmt::format("no client asks a KMS host for {}, which is a retail product", (*product)->name)));
    out.activation_id = (*product)->activation_id;
    return {};
}

Result read_numbers(const po::variables_map& map, session::ClientSettings& out) {
    const auto protocol = number_of(map, "protocol", 4, 6);
    if (!protocol) return Problem(protocol.error());
    if (*protocol) out.version = MinorMajor{.minor = 0, .major = static_cast<std::uint16_t>(**protocol)};
    const auto minutes = number_of(map, "grace-minutes", 0, 0xFFFF'FFFF);
    if (!minutes) return Problem(minutes.error());
    if (*minutes) out.binding_expiration_minutes = static_cast<std::uint32_t>(**minutes);
    if (const auto text = text_of(map, "license-status")) {
        const auto status = of_option("license-status", parse_license_status(*text));
        if (!status) return Problem(status.error());
        out.license_status = *status;
    }
    return {};
}

Result read_ids(const po::variables_map& map, session::ClientSettings& out) {
    for (const auto& [name, id] :
         {std::pair{"cmid", &out.client_machine_id}, {"previous-cmid", &out.previous_client_machine_id}}) {
        const auto text = text_of(map, name);
        if (!text) continue;
        const auto parsed = of_option(name, parse_machine_id(*text));
        if (!parsed) return Problem(parsed.error());
        *id = *parsed;
    }
    return {};
}

}  // namespace

void add_request_options(po::options_description& options) {
    auto add = options.add_options();
    add("product", text_value("NAME"),
        "product by name, words of it, or activation id (Windows 11 Enterprise); --list-products lists all");
    add("protocol", text_value("N"), "protocol version 4, 5 or 6 (the product's newest)");
    add("license-status", text_value("N"), "0 unlicensed, 1 licensed, 2 initial grace (default), 3 ... 6; or its name");
    add("grace-minutes", text_value("N"), "minutes left in that status (43200)");
    add("workstation", text_value("NAME"), "name of the client (this machine's)");
    add("vm", "say that the client is a virtual machine");
    add("cmid", text_value("GUID"), "client machine id (the one of this installation)");
    add("previous-cmid", text_value("GUID"), "the client's former machine id (none)");
}

std::expected<session::ClientSettings, std::string> request_settings_of(const po::variables_map& map) {
    session::ClientSettings settings;
    for (auto* read : {read_product, read_numbers, read_ids})
        if (auto done = read(map, settings); !done) return Problem(done.error());
    settings.virtual_machine = map.contains("vm");
    if (auto name = text_of(map, "workstation")) settings.workstation_name = std::move(*name);
    return settings;
}

std::string product_list() {
    std::vector<const kms::Product*> products;
    for (const kms::Product& product : kms::all_products())
        if (!product.kms_id.is_nil() && product.channel != "retail") products.push_back(&product);
    std::ranges::stable_sort(products, {}, &kms::Product::name);
    std::string list;
    for (const kms::Product* product : products) {
        list += fmt::format("{}  {:<5} {:>2}  {}\n", to_string(product->activation_id), product->protocol_version,
                            product->min_clients, product->name);
    }
    return list;
}

}  // namespace diag::cli
