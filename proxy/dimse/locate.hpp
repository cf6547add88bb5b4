#pragma once

#include "config/settings.hpp"
#include "proxy/dimse/listing_time.hpp"
#include "proxy/dimse/retrieve_query.hpp"
#include "upstream/search/source.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

/// Where series and instances are of which the UIDs above are not named: relational retrieve (PS3.4 C.4.2.2.2.1,
/// C.4.3.2.2.1).
namespace pons::proxy::dimse {

/// Whether it can be asked for series and instances by their own UIDs: by QIDO-RS (PS3.18 §10.6.1), or by relational
/// C-FIND where `quirks.relational` says so.
bool finds_by_uid(config::source const& source);
/// Whether one of the named sources can.
bool finds_by_uid(config::settings const& settings, std::span<std::string_view const> sources);

/// Asks all of `sources` that can be asked so, at once, where the series or instances are that `query` names: lists of
/// UIDs first, then each that was not found by itself, as an archive may not know lists. Gives one request for each
/// place at which one is, with all UIDs of its path, those of a series together. What no source has, all of them being
/// asked and telling all, is left out. Each question has a deadline of its own (`time`), of several sources that of
/// `upstream::own_deadline`.
///
/// Errors: upstream::errc::incomplete when something was not found, and a source could not be asked (`where` says which
/// and why), told a part only, or would have to be asked more than `most_queries` times; cancelled.
/// Cancelling: terminal.
awaitable<result<std::vector<upstream::retrieve_request>>> locate(config::settings const& settings,
                                                                  retrieve_query const& query,
                                                                  std::vector<upstream::searched_source*> sources,
                                                                  std::uint32_t most_queries, listing_time time);

}  // namespace pons::proxy::dimse
