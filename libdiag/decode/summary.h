#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <unordered_map>

#include "libdiag/check/finding.h"
#include "libdiag/check/outcome.h"
#include "libdiag/decode/names.h"
#include "libdiag/dissect/conversation.h"
#include "libdiag/report/text.h"

namespace diag::decode {

/// The table over all captures: who asked whom for what, and how it ended. Trouble comes first. Memory is bounded: past
/// `max_rows` different rows the clients are no longer told apart.
class Summary {
public:
    static constexpr std::size_t max_rows = 4096;

    /// The findings count when they are added on their own: later ones may change what they mean.
    void add(const dissect::Conversation& conversation, check::Outcome outcome,
             std::span<const check::Finding> findings);
    void add_lookup(std::span<const check::Finding> findings);
    /// One that the user did not want to see.
    void add_unselected(const dissect::Conversation& conversation) { unselected_count_ += conversation.part == 1; }
    void add_unselected_lookup() { ++unselected_lookup_count_; }
    void add_capture() { ++capture_count_; }
    /// Findings about a capture as a whole.
    void add_findings(std::span<const check::Finding> findings);

    /// "1 capture, 2 conversations, ...; 1 critical finding, 0 warnings"
    std::string counts_text() const;

    std::uint64_t conversation_count() const { return conversation_count_; }
    std::uint64_t exchange_count() const { return exchange_count_; }

    /// At most `shown_rows` rows, then how many more there are; 0 shows all.
    std::string to_text(const report::Style& style, std::size_t shown_rows) const;

private:
    /// What makes a row; texts are made when the table is printed. `rank` comes first: trouble does.
    struct Row {
        int rank = 0;  ///< lower is worse
        check::Outcome outcome{};
        std::uint32_t hresult = 0;  ///< of a refusal
        bool count_low = false;
        bool checks_failed = false;
        IpAddress client;
        Endpoint host;
        Readable readable{};
        Uuid product;  ///< activation id, when readable
        MinorMajor version;
        friend auto operator<=>(const Row&, const Row&) = default;
    };
    struct RowHash {
        std::size_t operator()(const Row& row) const;
    };
    static Row row_of(const dissect::Conversation& conversation, check::Outcome outcome,
                      const dissect::Exchange* exchange, std::span<const check::Finding> findings);
    static std::string outcome_text(const Row& row);
    static std::string client_text(const Row& row);
    static std::string host_text(const Row& row);
    static void append_rows(std::string& out, std::span<const std::pair<Row, std::uint64_t>> rows,
                            const report::Style& style);
    std::string nothing_text() const;
    void count(Row row);

    std::unordered_map<Row, std::uint64_t, RowHash> rows_;
    std::set<IpAddress> clients_, hosts_;
    std::uint64_t capture_count_ = 0;
    std::uint64_t conversation_count_ = 0;
    std::uint64_t exchange_count_ = 0;
    std::uint64_t unselected_count_ = 0;
    std::uint64_t unselected_lookup_count_ = 0;
    std::uint64_t lookup_count_ = 0;
    std::uint64_t failed_lookup_count_ = 0;
    std::uint64_t warning_count_ = 0;
    std::uint64_t critical_count_ = 0;
};

}  // namespace diag::decode
