#include "upstream/complete/kept_metadata.hpp"

#include "upstream/cancelling.hpp"
#include "upstream/complete/census.hpp"

#include <vector>

namespace pons::upstream {

awaitable<result<std::optional<found>>> answer_kept(metadata_cache& kept, archive& of, config::source const& source,
                                                    retrieve_request const& request, row_sink& rows,
                                                    time_point deadline)
{
    using answer = std::optional<found>;
    if (!kept.may_hold(request))
        co_return answer();
    result<census> const there =
        co_await take_census(of, request, source.quirks.max_results, source.timeouts.total, deadline);
    bool const gone = co_await is_cancelled();
    if (gone)
        co_return fail(errc::cancelled, "source " + source.name);
    if (!there || !there->whole() || there->series_of.empty())
        co_return answer();
    std::vector<std::string> uids;
    uids.reserve(there->series_of.size());
    for (auto const& [uid, series] : there->series_of)
        uids.push_back(uid);
    auto const all = kept.find(request.study_instance_uid, uids);
    if (all.empty())
        co_return answer();
    found how;
    how.rows = static_cast<std::uint32_t>(all.size());
    for (auto const& one : all)
        rows.row(mapping::data_set(*one));
    co_return answer(std::move(how));
}

}  // namespace pons::upstream
