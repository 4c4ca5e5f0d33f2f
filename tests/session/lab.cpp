#include "tests/session/lab.h"

#include <boost/json.hpp>
#include <stdexcept>

#include "libdiag/session/client_request.h"

namespace diag::test {

using namespace diag::session;

namespace {

std::vector<Fault> parsed(const std::vector<std::string_view>& texts) {
    std::vector<Fault> faults;
    for (const std::string_view text : texts) {
        auto fault = parse_fault(text);
        if (!fault) throw std::runtime_error{fault.error()};
        faults.push_back(*fault);
    }
    return faults;
}

kms::BaseRequest request_for(std::string_view activation_id, unsigned machine) {
    ClientSettings settings{.activation_id = *Uuid::parse(activation_id), .workstation_name = "client.example.test"};
    settings.client_machine_id = *Uuid::parse("0f0f0f0f-0000-4000-8000-000000000000");
    settings.client_machine_id.wire[0] = static_cast<std::uint8_t>(machine & 0xFF);
    settings.client_machine_id.wire[1] = static_cast<std::uint8_t>(machine >> 8);
    auto request = make_request(settings);
    if (!request) throw std::runtime_error{request.error()};
    return *request;
}

}  // namespace

ByteVector rpc_pdu(std::string_view id) {
    return bytes_of(with_id(vector_file("rpc_pdus.json").at("pdus"), id), "pdu");
}

const boost::json::object& message_case(unsigned major, std::string_view id) {
    return with_id(vector_file("v" + std::to_string(major) + "_messages.json").at("cases"), id);
}

kms::BaseRequest base_request_of(const boost::json::object& message) {
    const auto& f = message.at("request_fields").as_object();
    const auto u32 = [&](std::string_view name) { return static_cast<std::uint32_t>(number_of(f, name)); };
    const auto uuid = [&](std::string_view name) { return *Uuid::parse(text_of(f, name)); };
    kms::BaseRequest request;
    request.version = {.minor = static_cast<std::uint16_t>(u32("version_minor")),
                       .major = static_cast<std::uint16_t>(u32("version_major"))};
    request.virtual_machine = u32("virtual_machine");
    request.license_status = u32("license_status");
    request.binding_expiration_minutes = u32("binding_expiration_minutes");
    request.application_id = uuid("application_id");
    request.activation_id = uuid("activation_id");
    request.kms_id = uuid("kms_id");
    request.client_machine_id = uuid("client_machine_id");
    request.required_client_count = u32("required_client_count");
    request.client_time_filetime.ticks = number_of(f, "client_time_filetime");
    request.previous_client_machine_id = uuid("previous_client_machine_id");
    if (!request.set_workstation_text(text_of(f, "workstation_name"))) throw std::runtime_error{"name"};
    return request;
}

RandomBytes counting_bytes() {
    return [next = std::uint8_t{0}](std::span<std::uint8_t> out) mutable {
        for (std::uint8_t& byte : out) byte = next++;
        next = static_cast<std::uint8_t>(next + 13);
    };
}

RandomBytes these_bytes(std::vector<ByteVector> blocks) {
    return [blocks = std::move(blocks), index = std::size_t{0}](std::span<std::uint8_t> out) mutable {
        const ByteVector& block = blocks.at(index++);
        if (block.size() != out.size()) throw std::runtime_error{"random block of another size"};
        std::copy(block.begin(), block.end(), out.begin());
    };
}

Lab::Lab(HostSettings settings, std::vector<std::string_view> faults) : plan{parsed(faults)} {
    auto made = KmsHost::create(std::move(settings), clients, counting_bytes(),
                                [this](const Event12290& event) { events.push_back(event); });
    if (!made) throw std::runtime_error{made.error()};
    host = std::move(*made);
}

void Lab::pass(std::chrono::nanoseconds time) {
    steady += time;
    clock.ns += time.count();
}

struct Lab::Talk {
    KmsClient& client;
    HostConnection& server;
    std::size_t piece_size;
    std::deque<Action> to_client{};
    std::deque<Action> to_server{};

    void from_server(Actions actions) { to_client.insert(to_client.end(), actions.begin(), actions.end()); }
    void from_client(Actions actions) { to_server.insert(to_server.end(), actions.begin(), actions.end()); }

    void in_pieces(Bytes bytes, const std::function<void(Bytes)>& give) const {
        if (piece_size == 0) return give(bytes);
        for (std::size_t at = 0; at < bytes.size(); at += piece_size) give(head(bytes.subspan(at), piece_size));
    }
};

void Lab::run(KmsClient& client, std::size_t piece_size) {
    HostConnection server{*host, plan, {.rules = bind_rules_of(host->settings())}, 0x12345678};
    Talk talk{.client = client, .server = server, .piece_size = piece_size};
    talk.from_server(server.on_accept());
    talk.from_client(client.on_connected(now()));
    while (!client.has_ended() && step(talk)) {}
}

void Lab::wait(Talk& talk, std::chrono::nanoseconds time) {
    const auto deadline = talk.client.deadline();
    if (!deadline || steady + time < *deadline) return pass(time);
    pass(*deadline - steady);
    talk.from_client(talk.client.on_time(now()));
}

// One action; false when there is nothing left that could happen.
bool Lab::step(Talk& talk) {
    if (!talk.to_server.empty()) {
        const Action action = std::move(talk.to_server.front());
        talk.to_server.pop_front();
        if (action.kind != Action::Kind::send) return false;
        talk.in_pieces(action.bytes, [&](Bytes piece) { talk.from_server(talk.server.on_bytes(piece, clock)); });
        return true;
    }
    if (talk.to_client.empty()) {
        if (!talk.client.deadline()) return false;
        wait(talk, std::chrono::hours{1});
        return true;
    }
    const Action action = std::move(talk.to_client.front());
    talk.to_client.pop_front();
    ++action_count;
    switch (action.kind) {
        case Action::Kind::send:
            talk.in_pieces(action.bytes, [&](Bytes piece) { talk.from_client(talk.client.on_received(piece, now())); });
            break;
        case Action::Kind::wait: wait(talk, action.wait); break;
        case Action::Kind::close: talk.client.on_end(ConnectionEnd::closed, now()); break;
        case Action::Kind::reset: talk.client.on_end(ConnectionEnd::reset, now()); break;
    }
    return true;
}

KmsExchange Lab::ask(const kms::BaseRequest& request) {
    KmsClient client{{}, kms::lab_profile(), counting_bytes()};
    client.add_request(request);
    run(client);
    return client.exchanges().at(0);
}

std::uint32_t Lab::hresult_of(Bytes message) { return host->on_message(message, clock).hresult; }

kms::BaseRequest windows_request(unsigned machine) {
    return request_for("73111121-5638-40f6-bc11-f1d7b0d64300", machine);
}
kms::BaseRequest server_request(unsigned machine) {
    return request_for("34e1ae55-27f8-4950-8877-7a03be5fb181", machine);
}
kms::BaseRequest office_request(unsigned machine) {
    return request_for("85dd8b5f-eaa4-4af3-a628-cce9e77c9a03", machine);
}

}  // namespace diag::test
