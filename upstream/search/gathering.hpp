#pragma once

#include "mapping/codecs/date_search.hpp"
#include "mapping/search/judge.hpp"
#include "mapping/search/plan.hpp"
#include "upstream/search/doubts.hpp"
#include "upstream/search/order.hpp"
#include "upstream/search/study_search.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace pons::upstream {

/// A study that no criterion at study level said no to.
struct candidate {
    mapping::study_record study;
    position at;
    std::optional<mapping::data_set> row;  ///< its attributes as they came first, where they were asked for again
};

/// What the queries of a plan brought.
struct gathered {
    std::size_t rows = 0;
    std::size_t outside = 0;           ///< of them, with a date that was not asked for, or none
    bool cut = false;                  ///< what came is not all, or may not be
    bool told = false;                 ///< and the archive's own issues say so
    std::vector<std::size_t> of_each;  ///< rows of each alternative; 1 for one that was refused

    bool dates_ignored() const { return outside * 2 > rows; }
};

/// Asks one source by a plan. Each study that comes is judged once, as far as its study level tells, and waits until it
/// is taken; what was held back is remarked in `found`. Errors, cancelling and waiting as `find_page`.
class gathering {
public:
    /// All that is referred to outlives it. `most`: candidates that may be looked at.
    gathering(searched_source& source, mapping::search::judge const& judge, mapping::search::plan plan,
              std::uint32_t most, page_found& found, time_point deadline);

    mapping::search::plan const& plan() const { return plan_; }

    /// All alternatives of the plan, over `dates`; of all times without. `enough`: rows after which each may be cut; 0:
    /// as many as may be looked at.
    /// `why`: for one who traces the search, a literal.
    awaitable<result<gathered>> ask(mapping::codecs::da_range const* dates, std::uint32_t enough, std::string_view why);
    /// For studies without a usable Study Date, which match no range of dates.
    awaitable<result<void>> ask_undated();
    /// By the second tries of the plan: what was not found may be stored with leading spaces, or cut off. `rows` of
    /// each alternative.
    awaitable<result<void>> try_again(std::span<std::size_t const> rows);
    /// Asks for series or instances first, where the plan begins there: what they bring are studies' UIDs.
    awaitable<result<void>> resolve_studies();

    /// The candidates that are final: dated ones from `complete_from` on (all, when not given), undated ones when
    /// `undated`.
    std::vector<candidate> take(std::optional<std::int64_t> complete_from, bool undated);

    /// What the row of a study does not tell, as far as is known by now.
    std::vector<mapping::tag> untold(candidate const& one) const { return doubts_.untold(one.study.attributes); }
    /// The series and instances of one that was asked about more deeply.
    void hear_below(mapping::study_record const& study);
    /// One was left out for good, by what its row does not tell or by what it does.
    void refuse(mapping::study_record const& study, std::span<mapping::tag const> untold);
    /// One was left out that is not known to match or not.
    void leave_open() { doubts_.remember_little(); }
    /// Remarks what could not be found because the archive does not tell what decides. Once all is judged.
    void tell_doubts() { doubts_.tell(found_.issues); }

    std::size_t waiting() const { return waiting_.size(); }
    bool too_many() const { return seen_.size() > most_; }
    /// Remarks a cut that nobody told of.
    void remark_cut(gathered const& how, char const* text)
    {
        if (how.cut && !how.told)
            incomplete(text);
    }
    void incomplete(std::string text)
    {
        issue odd{issue::kind::incomplete, std::move(text)};
        if (std::ranges::find(found_.issues, odd) == found_.issues.end())
            found_.issues.push_back(std::move(odd));
    }

private:
    awaitable<result<gathered>> ask_one(mapping::find_request& request, mapping::codecs::da_range const* dates,
                                        std::uint32_t enough, std::string_view why);
    std::size_t keep(std::vector<mapping::data_set>&& rows);
    result<void> keep_uids(std::vector<mapping::data_set> const& rows);
    void drop(std::string_view why, std::size_t how_many = 1);
    void tell_differing(std::uint32_t studies);
    void unusable_uid() { incomplete("a study of the archive has no usable Study Instance UID (0020,000D)"); }

    searched_source& source_;
    mapping::search::judge const& judge_;
    mapping::search::plan plan_;
    std::uint32_t most_;
    page_found& found_;
    time_point deadline_;

    std::unordered_set<std::string> seen_;
    std::set<std::string> resolved_;  // studies of the series or instances that were asked for
    std::vector<candidate> waiting_;
    std::uint32_t differing_ = 0;  // studies that were told twice, with different values
    doubts doubts_;
};

}  // namespace pons::upstream
