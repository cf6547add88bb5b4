#include "proxy/dicomweb/store.hpp"

#include "mapping/dicom_json_writer.hpp"
#include "mapping/errc.hpp"
#include "mapping/native_xml.hpp"
#include "mapping/search/query_string.hpp"
#include "proxy/dicomweb/answer.hpp"
#include "proxy/dicomweb/store_parts.hpp"
#include "proxy/dicomweb/store_report.hpp"
#include "proxy/dicomweb/web_instances.hpp"
#include "proxy/http/accept.hpp"
#include "proxy/store_target.hpp"
#include "upstream/dicomweb/media_type.hpp"
#include "upstream/errc.hpp"

#include <algorithm>
#include <array>
#include <memory>

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
        return fail(mapping::errc::not_acceptable,
                    "Accept; application/dicom+json and application/dicom+xml can be given");
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

/// The body of a store, told by its Content-Type (PS3.18 §10.5.1.4).
result<std::unique_ptr<store_source>> open_body(http::exchange const& x, std::string const& study_uid)
{
    auto const type = x.req.header("Content-Type");
    if (!media::is_media_type(type, "multipart/related"))
        return fail(mapping::errc::unsupported_media, R"(Content-Type; multipart/related; type="application/dicom")");
    auto const parts = media::media_type_parameter(type, "type").value_or("");
    bool const files = media::is_media_type(parts, "application/dicom");
    bool const xml = media::is_media_type(parts, "application/dicom+xml");
    if (!files && !xml && !media::is_media_type(parts, "application/dicom+json"))
        return fail(mapping::errc::unsupported_media,
                    "the type in Content-Type; application/dicom, application/dicom+json and application/dicom+xml "
                    "are taken");
    auto const boundary = media::multipart_boundary(type);
    if (!boundary)
        return fail(mapping::errc::invalid_value, "the boundary in Content-Type");
    if (files)
        return std::make_unique<store_parts>(*x.body, *boundary, study_uid);
    auto const format = xml ? metadata_format::xml : metadata_format::json;
    return std::make_unique<web_instances>(*x.body, *boundary, format, study_uid);
}

result<upstream::searched_source*> choose_source(service& s, target const& whom)
{
    std::vector<std::string_view> names;
    for (auto const* const each : whom.sources)
        names.push_back(each->facts->name);
    if (auto const chosen = choose_store_source(names, s.settings.dicomweb.store_to))
        return whom.sources[static_cast<std::size_t>(std::ranges::find(names, *chosen) - names.begin())];
    return fail(mapping::errc::invalid_value,
                "which source is to store it; POST to /dicomweb/sources/{source}/studies, or set dicomweb.store_to");
}

/// Of a source, in which all of a body must come: what the archive is asked bounds only what it is given.
std::chrono::milliseconds transfer_time(service const& s, upstream::searched_source const& of)
{
    auto const found = std::ranges::find(s.settings.sources, of.facts->name, &config::source::name);
    return found == s.settings.sources.end() ? config::source().timeouts.transfer : found->timeouts.transfer;
}

/// What ended it all. Of an archive that broke off, or was switched off, nobody knows what it kept.
http::response to_response(failure why, store_source const& parts)
{
    using upstream::errc;
    constexpr std::array in_the_middle{errc::aborted, errc::timed_out, errc::malformed};
    bool const midway = std::ranges::any_of(in_the_middle, [&](errc e) { return why.code == make_error_code(e); });
    bool const switched_off = why.code == make_error_code(errc::closed) && !parts.account().given.empty();
    // A body that is read no further, since who gave it on was cancelled, is no fault of the client.
    bool const is_fault = parts.fault() && parts.fault()->code != make_error_code(errc::cancelled);
    if (is_fault)
        why = *parts.fault();
    if (midway || switched_off || (is_fault && parts.account().given.size() > 1))
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
    auto const body = open_body(x, study_uid);
    if (!body)
        co_return dicomweb::to_response(body.error());
    auto const source = choose_source(s, whom);
    if (!source)
        co_return dicomweb::to_response(source.error());

    auto& parts = **body;
    auto const time_left = x.deadline - clock::now();  // for the archive, whatever time the client takes before
    parts.until(clock::now() + transfer_time(s, **source));
    result<void> const begun = co_await parts.begin();
    if (!begun)
        co_return to_response(begun.error(), parts);
    auto& archive = *(*source)->where;
    result<upstream::stored> const stored = co_await archive.store(parts, clock::now() + time_left);
    if (!stored)
        co_return to_response(stored.error(), parts);
    if (parts.account().parts() == 0) {
        failure const empty{make_error_code(mapping::errc::invalid_value), "the body of the request holds no instance"};
        co_return dicomweb::to_response(empty);
    }
    auto const report = report_store(parts.account(), *stored, whom.base, study_uid);
    if (x.remarks) {
        x.remarks->emplace_back("stored", std::to_string(report.stored));
        x.remarks->emplace_back("not_stored", std::to_string(report.failed));
    }
    co_return write_report(report, *type);
}

}  // namespace pons::proxy::dicomweb
