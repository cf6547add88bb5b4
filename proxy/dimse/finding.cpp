#include "proxy/dimse/finding.hpp"

#include "mapping/errc.hpp"
#include "proxy/dimse/early_hits.hpp"
#include "proxy/dimse/locate.hpp"
#include "proxy/dimse/relational_find.hpp"
#include "upstream/errc.hpp"
#include "upstream/fan_out.hpp"
#include "upstream/federation/routing.hpp"

#include <optional>
#include <span>
#include <utility>

namespace pons::proxy::dimse {

namespace {

/// Whether a row of the first of the sources that are asked may be final when it has come. Of a patient the newest
/// study is shown; modalities and counts of a study are those of all its holders, and of all its rows where an archive
/// tells it more than once.
bool is_final_early(find_query const& query, std::span<upstream::searched_source* const> asked)
{
    if (asked.empty() || query.at < find_level::study)
        return false;
    auto const& first = *asked.front();
    return query.search.counted.empty() ||
           (asked.size() == 1 && !(first.repeats && first.repeats->lately(clock::now())));
}

}  // namespace

finding::finding(operation const& of, find_query const& query, outward<find_row>& rows, bridge::archives& all,
                 time_point deadline)
    : of_(of),
      query_(query),
      bounds_{.federation = of.settings.federation,
              .max_candidates = of.bounds.max_candidates,
              .max_fan_out = of.bounds.max_fan_out},
      sources_(bridge::choose(all, of.sources)),
      deadline_(deadline),
      flow_(query, of.who.called_ae, of.context.transfer_syntax, rows)
{
}

/// The first one is told.
void finding::remark(std::string text)
{
    if (ending_.status == status::success)
        ending_ = {status::out_of_resources, std::move(text)};
}

awaitable<result<void>> finding::search_at(dicomweb::search_query const& what)
{
    auto asked = upstream::choose_sources(sources_, bounds_.federation, upstream::certain_of(what.keys)).asked;
    std::optional<early_hits> early;
    if (is_final_early(query_, asked)) {
        early.emplace(what, *asked.front(), [this](dicomweb::hit const& one) { flow_.offer(one); });
        asked.front() = &early->source();
    }
    result<dicomweb::hits_found> const found = co_await dicomweb::find_hits(bounds_, what, std::move(asked), deadline_);
    if (!found)
        co_return tl::unexpected(found.error());
    if (early && early->told_too_early())
        remark("a study was told twice, with other modalities; ask again");
    for (auto const& one : found->hits)
        flow_.offer(one);
    if (found->more || flow_.is_over())
        remark("more matches than are allowed; narrow the query");
    else if (!found->warnings.empty())
        remark(found->warnings.front());
    co_return result<void>();
}

awaitable<result<void>> finding::search()
{
    auto const where = to_be_located(query_);
    if (!where)
        co_return co_await search_at(query_.search);
    listing_time const time{of_.times.operation, deadline_};
    auto const places = co_await locate(of_.settings, *where, sources_, bounds_.max_fan_out, time);
    if (!places && places.error().code == upstream::errc::incomplete) {
        remark(places.error().where);
        co_return result<void>();
    }
    if (!places)
        co_return tl::unexpected(places.error());
    auto const searches = searches_at(query_, *places);
    if (searches.size() > bounds_.max_fan_out)
        co_return fail(mapping::errc::too_costly, "the UIDs are of too many studies or series");
    for (auto const& one : searches) {
        result<void> const done = co_await search_at(one);
        if (!done)
            co_return done;
    }
    co_return result<void>();
}

awaitable<result<row_ending>> finding::run()
{
    struct finishing {
        row_flow& flow;
        ~finishing() { flow.finish(); }
    };
    auto one = [this](std::size_t which) -> awaitable<result<void>> {
        if (which == 1)
            co_return co_await flow_.drain();
        finishing const at_the_end{flow_};
        result<void> const done = co_await search();
        co_return done;
    };
    result<void> const done = co_await upstream::fan_out(2, 2, one);
    if (!done)
        co_return tl::unexpected(done.error());
    co_return std::move(ending_);
}

}  // namespace pons::proxy::dimse
