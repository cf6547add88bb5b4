#pragma once

#include "config/settings.hpp"
#include "upstream/archive.hpp"
#include "upstream/dimse/exchange.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace pons::upstream::dimse {

class association_pool;

/// C-FIND and C-ECHO of one archive, for the coroutines of one worker. A search is one C-FIND, or a few one after the
/// other where the archive may want its keys in another form: keys that only ask (`quirks.universal`, or what its
/// answers have taught), and values beyond ASCII (`beyond_ascii.hpp`). Each is told to the sink by `exchanged`.
///
/// Errors, `max_rows` and cancelling: as `make_dimse_archive` says of `find` and `verify`. `deadline` bounds the whole.
class finder {
public:
    /// `source` outlives it, and `pool` is that source's.
    finder(config::source const& source, std::shared_ptr<association_pool> pool);

    /// Rows as they come, in no order; the archive judges nothing here, so the caller does.
    awaitable<result<found>> find(find_request const& request, row_sink& rows, time_point deadline);

    awaitable<result<void>> verify(time_point deadline);

private:
    std::uint32_t at_most(std::uint32_t asked) const;
    awaitable<result<found>> find_by_ladder(find_request const& request, row_sink& rows, time_point deadline);
    /// `charset` of the keys; empty: that of the source. It outlives the search, as `request` does.
    awaitable<result<found>> find_as_written(find_request const& request, std::string_view charset, row_sink& rows,
                                             time_point deadline);
    awaitable<result<found>> find_by_stars(find_request const& request, std::string_view charset, row_sink& rows,
                                           time_point deadline);
    awaitable<result<found>> find_and_learn(find_request const& request, std::string_view charset, row_sink& rows,
                                            time_point deadline);
    /// A C-FIND, of which `rows` is told; `form`: how keys are sent that only ask.
    awaitable<result<found>> ask_and_tell(find_command what, row_sink& rows, time_point deadline,
                                          std::string_view form);

    config::source const& source_;
    std::shared_ptr<association_pool> const pool_;
};

}  // namespace pons::upstream::dimse
