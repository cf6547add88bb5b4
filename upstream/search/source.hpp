#pragma once

#include "mapping/charset.hpp"
#include "mapping/record.hpp"
#include "mapping/search/plan.hpp"
#include "upstream/archive.hpp"
#include "upstream/search/told_twice.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace pons::upstream {

struct committing;
class gate;
class row_limit;
class search_trace;
class used_answers;
struct worklist;

/// One source as a search sees it. One per worker; `facts` are shared and never change. A copy is the same source.
struct searched_source {
    std::shared_ptr<archive> where;
    std::shared_ptr<mapping::source_facts const> facts;
    mapping::search::abilities abilities;
    std::shared_ptr<row_limit> limit;  ///< where its answers stop; null: they are taken as they are
    bool series_by_uid_list = false;   ///< SERIES level takes a list of Study Instance UIDs
    std::uint32_t width = 2;           ///< queries of one search at the same time
    std::uint32_t max_rows = 20000;    ///< rows of one find before it is cancelled
    /// For each step of a search over several sources, if that has so much time (config: timeouts.search).
    std::chrono::milliseconds patience = std::chrono::hours(1);
    bool omits_empty = false;  ///< rows lack what has no value (QIDO-RS servers do), instead of having it empty
    std::shared_ptr<upstream::gate const> gate;  ///< whether it may be asked now; null: nothing is known of that
    /// Where a search writes down what it does; null: nowhere, as usual.
    std::shared_ptr<search_trace> trace;
    /// The same archive, each of its finds written into a trace; null: it cannot tell.
    std::function<std::unique_ptr<archive>(std::shared_ptr<search_trace>)> traced;

    std::shared_ptr<upstream::committing> committing = nullptr;  ///< null: it is not asked to commit itself
    std::shared_ptr<upstream::worklist> worklist = nullptr;      ///< null: it has none
    mapping::source_text text = "ISO_IR 192";                    ///< in which its rows were read

    /// Shared by the workers; null: nothing is remembered of that.
    std::shared_ptr<told_twice> repeats = nullptr;

    /// The same archive without the answers that are kept before it; null: `where` keeps none.
    std::shared_ptr<archive> anew = nullptr;
    /// The same as `anew`, but what is on its way is shared (`make_joining`); null: `anew` does.
    std::shared_ptr<archive> joining = nullptr;
    /// The same archive for one search, which writes down what it uses; null: `where` keeps none.
    std::function<std::unique_ptr<archive>(std::shared_ptr<used_answers>)> searching = nullptr;

    /// No use in asking for more rows at once; 0: not known.
    std::uint32_t most_results() const;
    /// Whom to ask what must be true now: where images are that are fetched, what is committed to.
    archive& asked_anew() const { return anew ? *anew : *where; }
    /// The same where many ask alike at once, and an answer that was on its way will do: for who retrieves, as one who
    /// came a little earlier; not for what is committed to.
    archive& asked_with_others() const { return joining ? *joining : asked_anew(); }
    /// The same source, asked through `other`, before which nothing is kept.
    searched_source through(std::shared_ptr<archive> other) const;
};

/// The sources for one search: what any of them answers stays until the last of these goes, so that whoever has to come
/// back for the search finds all of it (`used_answers`).
std::vector<searched_source> for_one_search(std::span<searched_source* const> sources);

/// The sources without the answers that are kept before them.
std::vector<searched_source> asked_anew(std::span<searched_source* const> sources);

/// The same, to be chosen from.
std::vector<searched_source*> pointers_to(std::vector<searched_source>& sources);

}  // namespace pons::upstream
