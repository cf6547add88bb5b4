#include "upstream/search/misread_letters.hpp"

#include "mapping/dictionary.hpp"
#include "mapping/utf8.hpp"

#include <algorithm>

namespace pons::upstream {

namespace {

using mapping::data_set;
using mapping::text_form;
namespace tags = mapping::tags;

bool is_beyond_ascii(char c)
{
    return static_cast<unsigned char>(c) >= 0x80;
}

std::string label_of(data_set const& row)
{
    std::string label;
    for (std::size_t i = 0; i < row.count(tags::SpecificCharacterSet); ++i)
        label.append(i == 0 ? "" : "\\").append(row.text(tags::SpecificCharacterSet, i));
    return label;
}

/// Whether `text` can be written in `set`.
bool has(mapping::charset const& set, std::string_view text)
{
    return mapping::encode(text, set, text_form::names).lossless;
}

}  // namespace

std::string letters_beyond_ascii(std::string_view text)
{
    std::string letters;
    std::ranges::copy_if(text, std::back_inserter(letters), is_beyond_ascii);
    return letters;
}

misread_letters::reason misread_letters::why(data_set const& row, lettered_key const& key)
{
    auto const labelled = text_.unlabelled.labelled(label_of(row));
    auto const& read_by = labelled.has_label() ? labelled : text_.fallback;
    bool const has_letters = has(read_by, key.letters);
    labels_suffice_ = labels_suffice_ || (labelled.has_label() && has_letters);
    auto worst = reason::none;
    for (auto const t : key.of)
        for (std::size_t i = 0; i < row.count(t); ++i) {
            auto const text = row.text(t, i);
            if (text.find(mapping::replacement) != text.npos)
                return reason::lost;
            // What its set does not have was UTF-8, and seen to be so.
            if (has_letters || labelled.is_relabelled() || std::ranges::none_of(text, is_beyond_ascii) ||
                !has(read_by, text))
                continue;
            worst = std::max(worst, labelled.has_label() ? reason::label : reason::guess);
        }
    return worst;
}

void misread_letters::refused(data_set const& row, std::span<lettered_key const* const> keys)
{
    auto least = reason::lost;
    for (auto const* const key : keys)
        least = std::min(least, why(row, *key));
    lost_seen_ = lost_seen_ || least == reason::lost;
    guess_seen_ = guess_seen_ || least == reason::guess;
    label_seen_ = label_seen_ || least == reason::label;
}

void misread_letters::tell(bool matched, std::vector<issue>& issues) const
{
    if (lost_seen_ || (guess_seen_ && guessed_))
        issues.push_back({issue::kind::incomplete,
                          "text of the archive that does not name its character set, or a wrong one, was not read with "
                          "certainty, and what was asked for may stand in it; see quirks.charset_default and "
                          "quirks.charset_labels"});
    if (label_seen_ && !labels_suffice_ && !matched)
        issues.push_back({issue::kind::incomplete,
                          "the archive's text is labelled with character sets that do not have the letters asked for, "
                          "so that they cannot be found in it, or the labels are wrong; see quirks.charset_labels"});
}

}  // namespace pons::upstream
