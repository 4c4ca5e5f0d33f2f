#include "tools/kms-explain/run.h"

#include <fmt/format.h>

#include "libdiag/cli/exit_status.h"
#include "libdiag/explain/annotator.h"
#include "libdiag/explain/entries.h"
#include "libdiag/explain/entry_json.h"
#include "libdiag/explain/entry_text.h"
#include "libdiag/explain/look_up.h"
#include "libdiag/explain/search.h"

namespace diag::explain_tool {
namespace {

constexpr std::string_view tool_name = "kms-explain";

class Run {
public:
    Run(const Options& options, const Environment& environment)
        : options_{options}, environment_{environment}, style_{environment.colored} {}

    int all() {
        switch (options_.action) {
            case Action::list: return list();
            case Action::search: return search();
            case Action::annotate: return annotate();
            case Action::explain: break;
        }
        return explain();
    }

private:
    // A word that is not known does not keep the others from being explained.
    int explain() {
        int status = cli::status_ok;
        for (const std::string& word : options_.words) {
            const auto entries = explain::look_up(word);
            if (entries.empty()) {
                cli::write_error(tool_name, unknown_text(word));
                status = cli::status_failed;
            }
            for (const explain::Entry& entry : entries) {
                std::string text;
                append(text, entry, word);
                if (!environment_.out.write(text)) return environment_.out.status(status);
            }
        }
        return environment_.out.status(status);
    }

    int list() {
        for (const explain::Kind kind : options_.kinds) {
            if (!write_list(explain::all_entries(kind), {})) break;
        }
        return environment_.out.status(cli::status_ok);
    }

    int search() {
        const std::string query = fmt::format("{}", fmt::join(options_.words, " "));
        const auto found = explain::search(options_.words);
        if (found.empty()) {
            cli::write_error(tool_name, fmt::format("--search: no entry has all of {}", cli::quoted(query)));
            return cli::status_failed;
        }
        write_list(found, query);
        return environment_.out.status(cli::status_ok);
    }

    int annotate() {
        explain::Annotator annotator{{.json = options_.format == cli::Format::json,
                                      .quiet = options_.loudness.quiet,
                                      .brief = options_.loudness.quiet && !options_.loudness.verbose},
                                     style_};
        while (true) {
            const auto bytes = environment_.read_log();
            std::string text;
            if (!bytes || bytes->empty()) {
                annotator.finish(text);
                environment_.out.write(text);
                return environment_.out.status(bytes ? cli::status_ok : cli::status_failed);
            }
            annotator.add(*bytes, text);
            if (!text.empty() && !environment_.out.write(text)) return environment_.out.status(cli::status_ok);
        }
    }

    void append(std::string& text, const explain::Entry& entry, std::string_view query) {
        if (options_.format == cli::Format::json) return explain::append_json(text, entry, query);
        if (options_.loudness.quiet) return explain::append_line(text, entry, style_);
        if (!is_first_) text += '\n';
        is_first_ = false;
        explain::append_text(text, entry, style_, options_.loudness.verbose);
    }

    bool write_list(const std::vector<explain::Entry>& entries, std::string_view query) {
        std::string text;
        for (const explain::Entry& entry : entries) {
            if (options_.format == cli::Format::json) {
                explain::append_json(text, entry, query.empty() ? std::string_view{entry.key} : query);
            } else {
                explain::append_line(text, entry, style_);
            }
        }
        return environment_.out.write(text);
    }

    static std::string unknown_text(const std::string& word) {
        const auto similar = explain::similar_words(word);
        const std::string hint =
            similar.empty() ? "--search looks through all texts" : fmt::format("similar: {}", fmt::join(similar, ", "));
        return fmt::format("{} is not known; {}", cli::quoted(word), hint);
    }

    const Options& options_;
    const Environment& environment_;
    report::Style style_;
    bool is_first_ = true;
};

}  // namespace

int run(const Options& options, const Environment& environment) { return Run{options, environment}.all(); }

std::string version_text() { return fmt::format("kms-explain {}\n", DIAG_VERSION); }

}  // namespace diag::explain_tool
