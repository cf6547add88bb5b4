#pragma once

#include "upstream/search/source.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace pons::upstream {

struct fan_out_budget;

/// What the rows of a list are numbered, and which numbers would show that it was cut.
struct numbers_to_try {
    std::vector<std::uint32_t> missing;  ///< the next one, and one that is left out: nothing should be there
    std::uint32_t known = 0;             ///< the rarest: it should bring what came, and no more
    std::uint32_t gaps = 0;              ///< where numbers are left out, from 1 to the last
    std::uint32_t left_out = 0;          ///< how many numbers are
};
/// Nothing where a row has no number.
std::optional<numbers_to_try> numbers_of(std::span<mapping::data_set const* const> rows, mapping::tag number);

/// What a list turned out to be that nobody counted.
enum class listing {
    whole,  ///< nothing lies beyond it, as far as numbers tell
    cut,    ///< something does
    open    ///< the rows have no numbers, or too few of them, or the archive does not match them
};

/// Asks for what `question` would have brought besides `rows` if the archive did not stop, by numbers that did not
/// come (Instance Number, Series Number: required keys, PS3.4 §C.6.2.1): three short answers at most, of
/// `fan_out_budget::beyond`; where that is spent, it stays open. So it does where numbers are left out that were not
/// tried, of series any, of instances at more than one place: what comes next may leave out some as well. Of a list
/// that is whole it knows for `row_limit::stays_whole`, and that its length is no news (`row_limit::is_left`).
///
/// Errors: those of the archive, but what it refuses leaves it open. Cancelling: as `archive::find`.
awaitable<result<listing>> look_beyond(searched_source& source, mapping::find_request question,
                                       std::span<mapping::data_set const* const> rows, fan_out_budget& budget,
                                       time_point deadline);

}  // namespace pons::upstream
