#pragma once

#include "upstream/search/deepen.hpp"

#include <cstdint>
#include <span>
#include <vector>

/// What rows do not tell (pacs-quirks F23, A8.2): archives give less of studies that are archived or compressed.
namespace pons::upstream {

/// Learns from the rows of one search which attributes the archive tells of studies. Only those count that every study
/// has (type 1 and 2, PS3.3 C.7.1.1, C.7.2.1): an empty one says that there is no value, a missing one says nothing.
class telling {
public:
    /// `omits_empty`: rows lack what has no value. Then a row lacks something only if it has hardly anything.
    explicit telling(bool omits_empty) : omits_empty_(omits_empty) {}

    void hear(mapping::data_set const& row);

    /// Study attributes that `row` lacks although the archive tells them of other studies, or although every study has
    /// them, where it has nothing but Patient ID and Study Date. Usually none; if there are some, all others that a
    /// resource is made of and the row lacks are among them: it tells only a part, so they may have values.
    std::vector<mapping::tag> untold(mapping::data_set const& row) const;
    /// Whether a row without `t` lacks it: the archive tells it of other studies, also where it has no value.
    bool expects(mapping::tag t) const;

private:
    bool omits_empty_;
    std::uint32_t told_ = 0;  // a bit for each attribute
};

/// Asks again for studies that were told in part, by their UIDs, lists of 50 in one query; what is told then replaces
/// `attributes`. Ends where a query brings nothing new, or `budget` is used up: such an archive tells no more.
///
/// Errors and cancelling as `archive::find`. Waits until `deadline`.
awaitable<result<void>> ask_again(searched_source& source, std::span<mapping::data_set* const> attributes,
                                  fan_out_budget& budget, time_point deadline);

}  // namespace pons::upstream
