#include "proxy/dicomweb/retrieve.hpp"

#include "mapping/codecs/identifier.hpp"
#include "mapping/errc.hpp"
#include "mapping/search/query_string.hpp"
#include "proxy/dicomweb/answer.hpp"
#include "proxy/dicomweb/holders.hpp"
#include "proxy/dicomweb/instances_body.hpp"
#include "upstream/search/deepen.hpp"

#include <algorithm>
#include <map>

namespace pons::proxy::dicomweb {

namespace {

using upstream::errc;
using upstream::retrieve_request;
namespace tags = mapping::tags;

constexpr std::size_t most_metadata = 64 * 1024 * 1024;

bool says_not_found(failure const& f)
{
    return f.code == make_error_code(errc::not_found);
}

std::string series_url(target const& whom, retrieve_request const& what)
{
    return what.series_instance_uid.empty() ? std::string()
                                            : url_of(whom.base, what.study_instance_uid, what.series_instance_uid);
}

/// Retrieves into a body; on the way `pons-render` makes Explicit VR Little Endian of what was not asked for as it is
/// stored, where that was asked for (DESIGN section 5).
awaitable<result<void>> retrieve_into(service& s, upstream::archive& from, retrieve_request const& what,
                                      instances_body& body, time_point deadline)
{
    auto bring = render::from_archive(from, what, deadline);
    auto const& format = body.format();
    if (!s.renderer || format.as_stored || !takes(format, "1.2.840.10008.1.2.1")) {
        auto const done = co_await bring(body);
        co_return done;
    }
    std::function<bool(std::string_view)> as_stored = [&format](std::string_view uid) { return takes(format, uid); };
    auto const done = co_await s.renderer->transcode(std::move(bring), body, std::move(as_stored));
    co_return done;
}

/// What a further holder has of the study or series that was not sent yet, instance by instance.
class remainder {
public:
    remainder(service& s, holder const& from, retrieve_request const& what)
        : service_(s), source_(*from.source), announced_(from.instances), what_(what)
    {
    }

    awaitable<result<void>> retrieve(instances_body& body)
    {
        auto const deadline = clock::now() + service_.settings.http.request_timeout;
        mapping::study_record study;
        study.attributes.add(tags::StudyInstanceUID, what_.study_instance_uid);
        if (!what_.series_instance_uid.empty()) {
            study.series.emplace_back().attributes.add(tags::SeriesInstanceUID, what_.series_instance_uid);
            study.series_known = true;
        }
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
                done = co_await retrieve_one(body, s->attributes, *i);
        co_return done;
    }

private:
    awaitable<result<void>> retrieve_one(instances_body& body, mapping::data_set const& series,
                                         mapping::data_set const& instance)
    {
        std::string sop_uid(instance.text(tags::SOPInstanceUID));
        if (body.has(sop_uid))
            co_return result<void>();
        retrieve_request const request{.study_instance_uid = what_.study_instance_uid,
                                       .series_instance_uid = std::string(series.text(tags::SeriesInstanceUID)),
                                       .sop_instance_uid = std::move(sop_uid)};
        auto const deadline = clock::now() + service_.settings.http.request_timeout;
        auto const done = co_await retrieve_into(service_, *source_.where, request, body, deadline);
        if (!done)
            co_return tl::unexpected(done.error());
        if (!body.has(request.sop_instance_uid))
            co_return fail(errc::incomplete, "source " + source_.facts->name);
        co_return result<void>();
    }

    service& service_;
    upstream::searched_source& source_;
    std::uint32_t announced_;
    retrieve_request const& what_;
};

awaitable<result<void>> retrieve_all(service& s, target const& whom, retrieve_request const& what, instances_body& body,
                                     time_point deadline)
{
    auto const holders = co_await find_holders(whom, what.study_instance_uid, deadline);
    if (!holders)
        co_return tl::unexpected(holders.error());
    for (auto const& holder : *holders) {
        if (body.count() != 0) {
            if (!what.sop_instance_uid.empty())
                break;
            remainder rest(s, holder, what);
            result<void> const done = co_await rest.retrieve(body);
            if (!done)
                co_return done;
            continue;
        }
        auto const done = co_await retrieve_into(s, *holder.source->where, what, body, deadline);
        if (!done && !(says_not_found(done.error()) && body.count() == 0))
            co_return tl::unexpected(done.error());
    }
    if (body.count() == 0)
        co_return fail(errc::not_found);
    co_return co_await body.finish();
}

awaitable<http::response> send(service& s, http::exchange const& x, target whom, retrieve_request what,
                               retrieve_format format)
{
    instances_body body(*x.stream, std::move(format), series_url(whom, what));
    result<void> const done = co_await retrieve_all(s, whom, what, body, x.deadline);
    if (x.remarks)
        x.remarks->emplace_back("instances", std::to_string(body.count()));
    if (done)
        co_return http::response{};
    if (!x.stream->begun())
        co_return to_response(done.error());
    x.stream->break_off(done.error().code.message());
    co_return http::response{};
}

/// Each instance once, whichever holder it came from.
struct metadata_rows final : upstream::row_sink {
    explicit metadata_rows(data_sets_format format) : writer(std::move(format)) {}

    void row(mapping::data_set&& row) override
    {
        if (writer.size() > most_metadata || !seen.emplace(row.text(tags::SOPInstanceUID)).second)
            return;
        writer.write(row, true);
    }

    data_sets_writer writer;
    std::unordered_set<std::string> seen;
};

awaitable<result<void>> collect_metadata(target const& whom, retrieve_request const& what, metadata_rows& rows,
                                         time_point deadline)
{
    auto const holders = co_await find_holders(whom, what.study_instance_uid, deadline);
    if (!holders)
        co_return tl::unexpected(holders.error());
    for (auto const& holder : *holders) {
        auto const done = co_await holder.source->where->retrieve_metadata(what, rows, deadline);
        if (!done && !says_not_found(done.error()))
            co_return tl::unexpected(done.error());
        if (done && done->truncated)
            co_return fail(errc::incomplete, "source " + holder.source->facts->name);
        if (!what.sop_instance_uid.empty() && !rows.seen.empty())
            break;
    }
    if (rows.seen.empty())
        co_return fail(errc::not_found);
    if (rows.writer.size() > most_metadata)
        co_return fail(errc::too_large, "metadata; ask for it series by series");
    co_return result<void>();
}

}  // namespace

awaitable<http::response> retrieve_instances(service& s, http::exchange const& x, target whom, retrieve_request what)
{
    auto format = negotiate_retrieve(x.req, !what.sop_instance_uid.empty());
    if (!format)
        co_return to_response(format.error());
    co_return co_await send(s, x, std::move(whom), std::move(what), std::move(*format));
}

awaitable<http::response> retrieve_metadata(service&, http::exchange const& x, target whom, retrieve_request what)
{
    auto format = negotiate_data_sets(x.req);
    if (!format)
        co_return to_response(format.error());
    metadata_rows rows(std::move(*format));
    result<void> const done = co_await collect_metadata(whom, what, rows, x.deadline);
    if (!done)
        co_return to_response(done.error());
    if (x.remarks)
        x.remarks->emplace_back("instances", std::to_string(rows.seen.size()));
    co_return std::move(rows.writer).finish();
}

awaitable<http::response> retrieve_by_uri(service& s, http::exchange const& x)
{
    std::map<std::string, std::string> asked;
    for (auto& [name, value] : mapping::search::split_query(x.req.query))
        asked.emplace(std::move(name), std::move(value));
    auto const wrong = [&](std::string_view name) {
        auto const failed = fail(mapping::errc::invalid_value, std::string(name));
        return to_response(failed.value());
    };
    if (asked["requestType"] != "WADO")
        co_return wrong("requestType");
    for (auto const* const name : {"studyUID", "seriesUID", "objectUID"})
        if (!mapping::codecs::is_uid(asked[name]))
            co_return wrong(name);
    if (asked["contentType"] != "application/dicom") {
        auto const failed = fail(mapping::errc::not_acceptable, "contentType; application/dicom can be given");
        co_return to_response(failed.value());
    }
    retrieve_format format{.single_part = true, .as_stored = asked["transferSyntax"].empty(), .syntaxes = {}};
    if (!format.as_stored)
        format.syntaxes.push_back(asked["transferSyntax"]);
    retrieve_request what{.study_instance_uid = asked["studyUID"],
                          .series_instance_uid = asked["seriesUID"],
                          .sop_instance_uid = asked["objectUID"]};
    auto whom = make_target(s, {});
    co_return co_await send(s, x, std::move(whom), std::move(what), std::move(format));
}

}  // namespace pons::proxy::dicomweb
