#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace diag::lang {

/// The bytes of a catalogue as msgfmt makes it (GNU gettext manual, "The Format of GNU MO Files"), little-endian:
///
///     0   magic 0x950412DE     8  number of texts          16  where the table of translations is
///     4   revision 0          12  where the table of texts is, sorted; each row: length, offset
///
/// The bytes are borrowed for as long as the catalogue and what it finds are in use. Whatever they are, nothing outside of
/// them is read; a catalogue that makes no sense finds nothing.
class Catalogue {
public:
    explicit Catalogue(std::string_view bytes);

    std::optional<std::string_view> find(std::string_view text) const;
    std::size_t size() const { return count_; }

private:
    std::uint32_t number_at(std::size_t offset) const;
    std::string_view text_at(std::size_t table, std::size_t index) const;

    std::string_view bytes_;
    std::size_t count_ = 0;
    std::size_t texts_ = 0;
    std::size_t translations_ = 0;
};

}  // namespace diag::lang
