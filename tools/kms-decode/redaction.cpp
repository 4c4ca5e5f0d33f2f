#include "tools/kms-decode/redaction.h"

#include <fmt/format.h>
#include <sys/random.h>

#include "libdiag/base/utf.h"
#include "libdiag/capture/error.h"
#include "libdiag/cli/input_file.h"

namespace diag::tool {
namespace {

constexpr std::size_t random_key_size = 32;
constexpr std::size_t max_key_file_size = std::size_t{1} << 20;

std::expected<ByteVector, std::string> random_key() {
    ByteVector key(random_key_size);
    if (getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size()))
        return std::unexpected("--redact: the system gives no random numbers; give a key with --redact-key FILE");
    return key;
}

std::expected<ByteVector, std::string> key_of(const std::string& path) {
    const auto told = [&path](std::string_view what) {
        return std::unexpected(fmt::format("--redact-key {}: {}", capture::display_name(path), what));
    };
    const auto text = cli::read_input_file(path, max_key_file_size);
    if (!text) return told(escape_for_terminal(text.error()));
    if (text->empty()) return told("is empty: any other file will do");
    if (text->size() > max_key_file_size) return told("is larger than 1 MiB: give a smaller file");
    return ByteVector{text->begin(), text->end()};
}

}  // namespace

std::expected<std::unique_ptr<redact::Pseudonyms>, std::string> make_pseudonyms(
    const std::optional<std::string>& key_file) {
    const auto key = key_file ? key_of(*key_file) : random_key();
    if (!key) return std::unexpected(key.error());
    return std::make_unique<redact::Pseudonyms>(*key);
}

decode::Selection redacted(decode::Selection selection, const redact::Pseudonyms& pseudonyms) {
    for (auto* ends : {&selection.clients, &selection.hosts})
        for (auto& end : *ends)
            if (end.ip) end.ip = pseudonyms.address(*end.ip);
    for (Uuid& id : selection.client_machine_ids) id = pseudonyms.machine_id(id);
    return selection;
}

}  // namespace diag::tool
