#include "proxy/dicomweb/instance_collection.hpp"

#include "upstream/capped/row_limit.hpp"
#include "upstream/complete/listed_archive.hpp"

#include <algorithm>
#include <utility>

namespace pons::proxy::dicomweb {

namespace {

using upstream::errc;
using upstream::retrieve_request;

/// What a further holder has of the study or series that was not sent yet, instance by instance.
class remainder {
public:
    remainder(service& s, upstream::holder const& from, std::shared_ptr<upstream::census const> listed,
              retrieve_request const& what)
        : service_(s), source_(*from.source), announced_(from.instances), listed_(std::move(listed)), what_(what)
    {
    }

    awaitable<result<void>> retrieve(instance_collection& to)
    {
        auto const time = service_.settings.http.request_timeout;
        auto const by = clock::now() + time;
        // Not what is kept for searches: it decides what the body contains.
        auto& archive = source_.asked_anew();
        result<upstream::census> const there =
            co_await upstream::renew_census(archive, listed_, what_, configured_limit(source_), time, by);
        if (!there)
            co_return tl::unexpected(there.error());
        if (!there->whole())
            co_return fail(errc::incomplete, place() + ": " + std::string(there->doubt));
        if (what_.series_instance_uid.empty() && there->series_of.size() < announced_)
            co_return fail(errc::incomplete, place());
        for (auto const& [sop_uid, series_uid] : there->series_of) {
            result<void> const done = co_await retrieve_one(to, series_uid, sop_uid);
            if (!done)
                co_return done;
        }
        co_return result<void>();
    }

private:
    std::string place() const { return "source " + source_.facts->name; }

    awaitable<result<void>> retrieve_one(instance_collection& to, std::string const& series_uid,
                                         std::string const& sop_uid)
    {
        if (to.has(sop_uid))
            co_return result<void>();
        retrieve_request const request{.study_instance_uid = what_.study_instance_uid,
                                       .series_instance_uid = series_uid,
                                       .sop_instance_uid = sop_uid};
        auto const deadline = clock::now() + service_.settings.http.request_timeout;
        auto const done = co_await to.take_from(*source_.where, request, deadline);
        if (!done)
            co_return tl::unexpected(done.error());
        if (!to.has(request.sop_instance_uid))
            co_return fail(errc::incomplete, place());
        co_return result<void>();
    }

    service& service_;
    upstream::searched_source& source_;
    std::uint32_t announced_;
    std::shared_ptr<upstream::census const> listed_;
    retrieve_request const& what_;
};

}  // namespace

awaitable<result<void>> collect_from_holders(service& s, std::vector<upstream::holder> const& holders,
                                             holder_lists const& lists, upstream::retrieve_request const& what,
                                             instance_collection& to, time_point deadline)
{
    for (std::size_t i = 0; i < holders.size(); ++i) {
        auto const& holder = holders[i];
        auto const listed = i < lists.size() ? lists[i] : nullptr;
        if (to.count() != 0) {
            if (!what.sop_instance_uid.empty())
                break;
            remainder rest(s, holder, listed, what);
            result<void> const done = co_await rest.retrieve(to);
            if (!done)
                co_return done;
            continue;
        }
        upstream::listed_archive from(holder.source->asked_anew(), listed);
        auto const done = co_await to.take_from(from, what, deadline);
        if (!done && !(done.error().code == make_error_code(errc::not_found) && to.count() == 0))
            co_return tl::unexpected(done.error());
    }
    if (to.count() == 0)
        co_return fail(errc::not_found);
    co_return result<void>();
}

awaitable<result<void>> collect_from_holders(service& s, target const& whom, upstream::retrieve_request const& what,
                                             instance_collection& to, time_point deadline)
{
    auto const holders = co_await upstream::find_holders(whom.sources, what.study_instance_uid, deadline);
    if (!holders)
        co_return tl::unexpected(holders.error());
    holder_lists const none;
    result<void> const done = co_await collect_from_holders(s, *holders, none, what, to, deadline);
    co_return done;
}

std::uint32_t configured_limit(upstream::searched_source const& source)
{
    return source.limit && !source.limit->is_learned() ? source.limit->rows() : 0;
}

}  // namespace pons::proxy::dicomweb
