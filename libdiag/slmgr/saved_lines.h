#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libdiag/slmgr/attempt_form.h"
#include "libdiag/slmgr/dlv_lines.h"
#include "libdiag/slmgr/line_form.h"

/// What read_saved() is made of. Not for other code.
namespace diag::slmgr {

/// Reads lines of text as products: by the labels of slmgr and ospp.vbs, and where those are in another language by form.
class LineReader {
public:
    /// False: more products than the limit.
    bool add(std::string_view raw);

    /// Whether enough was recognised to call it output of a licensing program.
    bool is_licensing() const;
    std::vector<Dlv> take();

private:
    // The line read last, for one that a console broke: as it stood, and what it was taken for (nullptr: unknown).
    struct Last {
        std::string raw;
        const Line* line = nullptr;
    };

    bool fits() const;
    Dlv& current();
    void begin_product();
    void finish_product();
    void begin_product_for(const Line& line);
    void begin_product_for(std::string_view text);
    const Line* read(std::string_view text);
    bool continue_last(std::string_view raw);
    bool continue_known(std::string_view raw);
    void take_name(Fact<std::string>& name);
    void take_name_for(const Line& line);
    void read_unlabelled(std::string_view raw, std::string_view text);
    void read_code(std::string_view raw, std::string_view text);
    bool read_attempt(std::string_view text);
    bool read_error(std::string_view text);
    bool read_ospp(std::string_view text);
    void add_error(std::uint32_t code);
    void count_known(const Line& line);
    void count_unknown(std::string_view raw);

    std::vector<Dlv> products_;
    FormReader form_;
    AttemptReader attempt_;
    std::size_t known_count_ = 0;
    std::size_t telling_count_ = 0;
    bool has_errors_ = false;
    Last last_;
    std::string name_line_;  // unknown, with a label; a name, if the next line tells so
    std::size_t name_counted_in_ = 0;
};

}  // namespace diag::slmgr
