#include "proxy/dicomweb/instance_collection.hpp"

#include "upstream/federation/holders.hpp"
#include "upstream/search/deepen.hpp"

#include <vector>

namespace pons::proxy::dicomweb {

namespace {

using upstream::errc;
using upstream::retrieve_request;
namespace tags = mapping::tags;

/// What a further holder has of the study or series that was not sent yet, instance by instance.
class remainder {
public:
    remainder(service& s, upstream::holder const& from, retrieve_request const& what)
        : service_(s), source_(*from.source), announced_(from.instances), what_(what)
    {
    }

    awaitable<result<void>> retrieve(instance_collection& to)
    {
        auto const deadline = clock::now() + service_.settings.http.request_timeout;
        auto study = upstream::named_study(what_.study_instance_uid, what_.series_instance_uid);
        std::vector<mapping::study_record*> const one(1, &study);
        upstream::fan_out_budget budget{.left = service_.settings.dicomweb.max_fan_out};
        std::vector<issue> issues;
        result<void> done = co_await upstream::deepen(source_, one, mapping::level::instance, budget, issues, deadline);
        std::size_t listed = 0;
        for (auto const& series : study.series)
            listed += series.instances.size();
        bool const short_of = what_.series_instance_uid.empty() && listed < announced_;
        if (done && (study.partial || !issues.empty() || short_of))
            done = fail(errc::incomplete, "source " + source_.facts->name);
        for (auto s = study.series.begin(); done && s != study.series.end(); ++s)
            for (auto i = s->instances.begin(); done && i != s->instances.end(); ++i)
                done = co_await retrieve_one(to, s->attributes, *i);
        co_return done;
    }

private:
    awaitable<result<void>> retrieve_one(instance_collection& to, mapping::data_set const& series,
                                         mapping::data_set const& instance)
    {
        std::string sop_uid(instance.text(tags::SOPInstanceUID));
        if (to.has(sop_uid))
            co_return result<void>();
        retrieve_request const request{.study_instance_uid = what_.study_instance_uid,
                                       .series_instance_uid = std::string(series.text(tags::SeriesInstanceUID)),
                                       .sop_instance_uid = std::move(sop_uid)};
        auto const deadline = clock::now() + service_.settings.http.request_timeout;
        auto const done = co_await to.take_from(*source_.where, request, deadline);
        if (!done)
            co_return tl::unexpected(done.error());
        if (!to.has(request.sop_instance_uid))
            co_return fail(errc::incomplete, "source " + source_.facts->name);
        co_return result<void>();
    }

    service& service_;
    upstream::searched_source& source_;
    std::uint32_t announced_;
    retrieve_request const& what_;
};

}  // namespace

awaitable<result<void>> collect_from_holders(service& s, target const& whom, upstream::retrieve_request const& what,
                                             instance_collection& to, time_point deadline)
{
    auto const holders = co_await upstream::find_holders(whom.sources, what.study_instance_uid, deadline);
    if (!holders)
        co_return tl::unexpected(holders.error());
    for (auto const& holder : *holders) {
        if (to.count() != 0) {
            if (!what.sop_instance_uid.empty())
                break;
            remainder rest(s, holder, what);
            result<void> const done = co_await rest.retrieve(to);
            if (!done)
                co_return done;
            continue;
        }
        auto const done = co_await to.take_from(*holder.source->where, what, deadline);
        if (!done && !(done.error().code == make_error_code(errc::not_found) && to.count() == 0))
            co_return tl::unexpected(done.error());
    }
    if (to.count() == 0)
        co_return fail(errc::not_found);
    co_return result<void>();
}

}  // namespace pons::proxy::dicomweb
