#pragma once

#include "mapping/codecs/person_name.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// FHIR string search on person names (R4 search.html §3.1.1.4.8), judged on PN values.
namespace pons::mapping::codecs {

enum class string_match : std::uint8_t { starts_with, exact, contains };

/// Which parts of a name a parameter looks at. `given` is the given and the middle name, each as a whole and by its
/// words; `any` is each component, those words, and the display text. All three component groups are searched.
enum class name_part : std::uint8_t { any, family, given };

/// Which letters a key takes for certain, of an archive that leaves case aside when it compares names. Leaving accents
/// aside is something else, and no archive is known to do it.
enum class name_letters : std::uint8_t {
    sure,   ///< those that no letter of Latin-1 and Latin Extended-A folds to: b f m p q v x, and digits
    likely  ///< those that no language of Western Europe writes with accents: a name like "Škoda" may be lost
};

/// One search value, prepared once and compared with many names; no allocation per name.
///
/// starts_with and contains ignore case, accents and the width of spaces, as `folding.hpp` says. exact compares
/// characters (composed or decomposed is the same), case and accents included.
class name_query {
public:
    name_query(name_part part, string_match how, std::string_view value);

    bool matches(person_name const& name) const;
    bool matches(std::string_view pn) const { return matches(parse_person_name(pn)); }

    /// No PN value can match: the value is empty, or holds a delimiter or a control character.
    bool impossible() const { return impossible_; }

    /// A key for Patient's Name and the like, with wild cards (PS3.4 §C.2.2.2.4): `*` stands for everything whose
    /// spelling is not certain (letters that may carry an accent, spaces, delimiters, letters that fold to two). Every
    /// name that matches, also matches the key *if the archive ignores case*, as far as `letters` says; else do not
    /// push. Full-width Latin letters are not counted on. Nothing when too little is left to narrow, or when
    /// impossible().
    struct key {
        std::string text;
        bool ascii;  ///< else the key needs a character set (Specific Character Set (0008,0005))
    };
    std::optional<key> to_key(name_letters letters) const;

private:
    bool meets(std::span<std::string_view const> pieces) const;

    name_part part_;
    string_match how_;
    bool impossible_;
    std::string value_;
    std::u32string needle_;  // value_ folded
};

/// Whether a name has such a part, in any of its groups; `any`: one component at least.
bool has_part(person_name const& name, name_part part);
inline bool has_part(std::string_view pn, name_part part)
{
    return has_part(parse_person_name(pn), part);
}

/// A key for a person name as a client wrote it, wild cards and delimiters included, widened in the same way.
std::string widen_accents(std::string_view name_key, name_letters letters);

}  // namespace pons::mapping::codecs
