#include "proxy/fhir/service.hpp"

#include "mapping/errc.hpp"
#include "proxy/http/text.hpp"

#include <algorithm>
#include <chrono>

namespace pons::proxy::fhir {

std::string service::base_of(http::request const& req) const
{
    auto const versioned = req.path == "/fhir/r4" || req.path.starts_with("/fhir/r4/");
    return settings.http.public_url + (versioned ? "/fhir/r4" : "/fhir");
}

result<std::vector<mapping::search::parameter>> read_parameters(http::request const& req)
{
    auto all = mapping::search::split_query(req.query);
    if (req.method != http::verb::post)
        return all;
    auto const encoding = req.header("content-encoding");
    if (!req.body.empty() && !encoding.empty() && !http::equal_ignoring_case(encoding, "identity"))
        return fail(mapping::errc::unsupported_media, "Content-Encoding");
    if (!req.body.empty() && !has_form(req))
        return fail(mapping::errc::unsupported_media, "Content-Type");
    for (auto& p : mapping::search::split_query(req.body))
        all.push_back(std::move(p));
    return all;
}

std::string patient_reference(std::string_view id)
{
    std::string value = "Patient/";
    for (char const c : id) {
        if (std::string_view(",|$\\").find(c) != std::string_view::npos)
            value += '\\';
        value += c;
    }
    return value;
}

std::string to_link(std::string_view path, std::string_view search, std::string_view writing)
{
    std::string link(path);
    for (auto const part : {search, writing})
        if (!part.empty())
            link.append(link.size() == path.size() ? "?" : "&").append(part);
    return link;
}

std::int64_t now_in_microseconds()
{
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

mapping::fhir::view view_of(mapping::search::request const& asked)
{
    using mapping::fhir::view;
    using mapping::search::summary;
    return asked.summary == summary::true_  ? view::summary
           : asked.summary == summary::text ? view::text
           : asked.summary == summary::data ? view::data
                                            : view::all;
}

mapping::fhir::shape shape_of(mapping::search::request const& asked, config::search_depth configured)
{
    using mapping::level;
    using mapping::search::summary;
    auto depth = configured == config::search_depth::study    ? level::study
                 : configured == config::search_depth::series ? level::series
                                                              : level::instance;
    // What is asked for by name is given whole.
    if (asked.summary == summary::all || std::ranges::find(asked.elements, "series") != asked.elements.end())
        depth = level::instance;
    return mapping::fhir::make_shape(view_of(asked), asked.elements, depth);
}

}  // namespace pons::proxy::fhir
