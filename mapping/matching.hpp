#pragma once

#include "mapping/data_set.hpp"
#include "mapping/result.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Attribute matching (PS3.4 §C.2.2.2) as a judge of rows: archives leave keys aside and say Success, so that what they
/// find is looked at again. Pure.
namespace pons::mapping {

/// What one attribute must be.
struct match_key {
    std::vector<tag> path;            ///< one tag, or the sequences that lead to it before it
    mapping::vr as{};                 ///< of the attribute at the end of `path`
    std::vector<std::string> values;  ///< one; of UIDs any number (list of UID matching); none: universal matching

    friend bool operator==(match_key const&, match_key const&) = default;
};

/// Reads the value of a key: a single value, wild cards, a range, or a list of UIDs with commas (PS3.18 §8.3.4.1). No
/// value, or nothing but "*", is universal matching. `""` (two quotes) is empty value matching where `empty_values`.
///
/// Errors: mapping::errc::invalid_value, when nothing in DICOM could be like that; `where` names the attribute.
result<match_key> make_match_key(std::vector<tag> path, vr as, std::string_view value, bool empty_values = false);

/// The attribute as the standard writes it, sequences with dots between: "RequestAttributesSequence (0040,0275)".
std::string describe(match_key const& key);

/// Whether `as` takes "*" and "?" (PS3.4 §C.2.2.2.4).
bool takes_wild_cards(vr as);

/// Whether the key is a single value that an archive may be asked for as it stands: no wild card, no range.
bool is_single_value(match_key const& key);

enum class matched : std::uint8_t {
    no,
    open,  ///< an attribute is not in the row at all: the archive did not tell
    yes,
};

/// Judges rows by all keys together.
///
/// Texts are compared with their case, person names without case and accents, each group of components ("=") by
/// itself unless the key has "=" (PS3.5 §6.2.1); numbers by what they are worth; DA, TM and DT as spans of time that
/// overlap, whatever precision they have; a date and its time, both given as ranges, as one range (PS3.4 §C.2.2.2.5,
/// PS3.18 §8.3.4.1.1; of a Scheduled Procedure Step also inside its sequence, PS3.4 Table K.6-1). Of several values one
/// is enough. Keys of one sequence must meet one and the same item.
class matcher {
public:
    explicit matcher(std::span<match_key const> keys);

    /// `levels`: the data sets that an entity consists of, its own and those above; an attribute counts in the first
    /// that has it.
    matched of(std::span<data_set const* const> levels) const;

    /// The keys of the last row that was `open` are those not in any of `levels`.
    std::vector<match_key const*> missing(std::span<data_set const* const> levels) const;

private:
    std::span<match_key const> keys_;
};

}  // namespace pons::mapping
