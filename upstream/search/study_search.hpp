#pragma once

#include "upstream/search/deepen.hpp"
#include "upstream/search/order.hpp"
#include "upstream/search/source.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// The search of one source: candidates, judged, in order, a page at a time (DESIGN section 4).
namespace pons::upstream {

struct page_wanted {
    upstream::order order;
    std::optional<position> after;  ///< the last study of the page before
    std::size_t count = 20;
    bool everything = false;  ///< judge all candidates, so that `total` is exact
    /// How deep the studies of the page are to be known; nothing: as deep as judging took, `fill_page` does the rest.
    std::optional<mapping::level> depth = mapping::level::series;
    std::uint32_t max_candidates = 5000;
    fan_out_budget fan_out;
    std::int64_t now = 0;  ///< microseconds since 1970, UTC
};

struct page_found {
    std::vector<mapping::study_record> studies;  ///< at most `count`, all matching, in order, after `after`
    bool more = false;                           ///< a further page may have studies
    std::optional<std::uint32_t> total;          ///< of all pages, when every candidate was judged
    /// A kind `incomplete` among them: studies that match may be missing, or something of a study.
    std::vector<issue> issues;
    std::uint32_t queries = 0;  ///< study-level queries that it cost, for the log
    bool guessed = false;       ///< text without a label was read by what most use
    /// The archive was asked by one Patient ID alone, and told one other of all that it found: it is known by both.
    /// Whoever leaves such studies out for it tells so; where `criteria` do, it stands in `issues`.
    bool told_otherwise = false;
};

inline constexpr char const* left_out_as_told_otherwise =
    "the archive finds studies by a Patient ID (0010,0020) and tells another one of them: they are left out";

/// Finds the studies of `source` that meet `criteria`. The answer is what filtering all studies by `criteria` would
/// give, cut to the page; where that cannot be had it is said in `issues`.
///
/// Asked with a selective key: one query (several where values must be asked for one by one). Without: windows of study
/// dates, walking back from the newest, as many as the page needs. Studies without a date come last of all.
///
/// Errors: upstream errc of a query that failed (nothing partial is given); mapping::errc::too_costly: more than
/// `max_candidates`, or more fan-out than allowed. Cancelling: terminal, errc::cancelled.
awaitable<result<page_found>> find_page(searched_source& source, std::span<mapping::search::criterion const> criteria,
                                        mapping::search::plan const& plan, page_wanted wanted, time_point deadline);

/// Makes `studies` known to `depth`. At study level the series are asked for where the archive left out modalities or
/// counts (archives may: pacs-quirks F1, F3). Errors and cancelling as `deepen`.
awaitable<result<void>> fill_page(searched_source& source, std::span<mapping::study_record* const> studies,
                                  mapping::level depth, fan_out_budget& budget, std::vector<issue>& issues,
                                  time_point deadline);

}  // namespace pons::upstream
