#pragma once

#include "mapping/charset.hpp"
#include "mapping/data_set.hpp"
#include "mapping/result.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pons::upstream {

/// A key that holds letters beyond ASCII, and where they are looked for.
struct lettered_key {
    std::vector<mapping::tag> of;  ///< attributes of a study
    std::string letters;           ///< the characters beyond ASCII alone
};

/// The characters of `text` that are beyond ASCII.
std::string letters_beyond_ascii(std::string_view text);

/// Rows that were refused by what they seem to say, although it may have been misread: an archive that leaves out the
/// label of its text, or labels it wrongly, has what was asked for and shows other letters (pacs-quirks V1, V3).
///
/// Such a row has text beyond ASCII where the key looks, and one of these:
/// - a character was lost in reading it;
/// - it has no label, is no UTF-8, nobody has said what it is in, and what most use does not have the letters asked
/// for;
/// - so is the set of its label, of which nobody has said what it means, no row that was seen has a label by which they
/// can be written, and nothing matched.
class misread_letters {
public:
    explicit misread_letters(mapping::source_text text) : text_(std::move(text)) {}

    /// A row that each of `keys` refused, and nothing else.
    void refused(mapping::data_set const& row, std::span<lettered_key const* const> keys);
    /// Text without a label was read by what most use.
    void guessed() { guessed_ = true; }

    /// Once all rows were seen: what is to be said of them. `matched`: something was found.
    void tell(bool matched, std::vector<issue>& issues) const;

private:
    enum class reason : std::uint8_t { none, label, guess, lost };
    reason why(mapping::data_set const& row, lettered_key const& key);

    mapping::source_text text_;
    bool guessed_ = false;
    bool lost_seen_ = false;
    bool guess_seen_ = false;
    bool label_seen_ = false;
    bool labels_suffice_ = false;
};

}  // namespace pons::upstream
