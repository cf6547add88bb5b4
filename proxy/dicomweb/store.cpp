#include "proxy/dicomweb/store.hpp"

#include "mapping/dicom_json_writer.hpp"
#include "mapping/errc.hpp"
#include "mapping/native_xml.hpp"
#include "mapping/search/query_string.hpp"
#include "proxy/dicomweb/answer.hpp"
#include "proxy/dicomweb/store_parts.hpp"
#include "proxy/dicomweb/store_report.hpp"
#include "proxy/http/accept.hpp"
#include "upstream/dicomweb/media_type.hpp"
#include "upstream/errc.hpp"

#include <algorithm>
#include <array>

namespace pons::proxy::dicomweb {

namespace {

namespace media = upstream::dicomweb;

constexpr std::array<std::string_view, 4> answer_types{"application/dicom+json", "application/json",
                                                       "application/dicom+xml",
                                                       R"(multipart/related; type="application/dicom+xml")"};

result<std::size_t> negotiate_report(http::request const& req)
{
    std::string accept(req.header("Accept"));
    for (auto const& [name, value] : mapping::search::split_query(req.query))
        if (name == "accept" && !value.empty())
            accept = value;
    auto const chosen = http::choose(http::parse_accept(accept), answer_types);
    if (!chosen)
        return fail(mapping::errc::not_acceptable, "Accept");
    return *chosen;
}

http::response write_report(store_report const& report, std::size_t type)
{
    http::response answer{.status = report.status, .content_type = std::string(answer_types[type])};
    if (type == 3) {
        data_sets_writer writer({.xml = true, .content_type = {}});
        writer.write(report.data_set);
        answer = std::move(writer).finish();
        answer.status = report.status;
    } else if (type == 2) {
        mapping::append_native_xml(answer.body, report.data_set);
    } else {
        mapping::append_dicom_json(answer.body, report.data_set);
    }
    return answer;
}

/// The boundary of a body of instances.
result<std::string> boundary_of(http::request const& req)
{
    auto const type = req.header("Content-Type");
    if (!media::is_media_type(type, "multipart/related"))
        return fail(mapping::errc::unsupported_media, R"(Content-Type; multipart/related; type="application/dicom")");
    auto const parts = media::media_type_parameter(type, "type").value_or("");
    if (!media::is_media_type(parts, "application/dicom"))
        return fail(mapping::errc::unsupported_media, R"(the type in Content-Type; "application/dicom" is taken)");
    auto boundary = media::multipart_boundary(type);
    if (!boundary)
        return fail(mapping::errc::invalid_value, "the boundary in Content-Type");
    return std::move(*boundary);
}

result<upstream::searched_source*> choose_source(service& s, target const& whom)
{
    if (whom.sources.size() == 1)
        return whom.sources.front();
    for (auto* const each : whom.sources)
        if (each->facts->name == s.settings.dicomweb.store_to)
            return each;
    return fail(mapping::errc::invalid_value,
                "which source is to store it; POST to /dicomweb/sources/{source}/studies, or set dicomweb.store_to");
}

/// What ended it all. Of an archive that broke off nobody knows what it kept.
http::response to_response(failure why, store_parts const& parts)
{
    using upstream::errc;
    constexpr std::array in_the_middle{errc::aborted, errc::timed_out, errc::malformed};
    bool const midway = std::ranges::any_of(in_the_middle, [&](errc e) { return why.code == make_error_code(e); });
    if (parts.fault())
        why = *parts.fault();
    if (midway || (parts.fault() && parts.given().size() > 1))
        why.where += "; some instances of this request may have been stored";
    auto answer = dicomweb::to_response(why);
    if (why.code == make_error_code(errc::too_large))
        answer.status = http::status::payload_too_large;
    return answer;
}

}  // namespace

awaitable<http::response> store_instances(service& s, http::exchange const& x, target whom, std::string study_uid)
{
    auto const type = negotiate_report(x.req);
    if (!type)
        co_return dicomweb::to_response(type.error());
    auto const boundary = boundary_of(x.req);
    if (!boundary)
        co_return dicomweb::to_response(boundary.error());
    auto const source = choose_source(s, whom);
    if (!source)
        co_return dicomweb::to_response(source.error());

    store_parts parts(*x.body, *boundary, study_uid);
    auto& archive = *(*source)->where;
    result<upstream::stored> const stored = co_await archive.store(parts, x.deadline);
    if (!stored)
        co_return to_response(stored.error(), parts);
    if (parts.parts() == 0) {
        failure const empty{make_error_code(mapping::errc::invalid_value), "the body of the request holds no instance"};
        co_return dicomweb::to_response(empty);
    }
    auto const report = report_store(parts, *stored, whom.base, study_uid);
    if (x.remarks) {
        x.remarks->emplace_back("stored", std::to_string(report.stored));
        x.remarks->emplace_back("not_stored", std::to_string(report.failed));
    }
    co_return write_report(report, *type);
}

}  // namespace pons::proxy::dicomweb
