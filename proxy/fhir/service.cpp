#include "proxy/fhir/service.hpp"

#include <algorithm>
#include <chrono>

namespace pons::proxy::fhir {

std::string service::base_of(http::request const& req) const
{
    auto const versioned = req.path == "/fhir/r4" || req.path.starts_with("/fhir/r4/");
    return settings.http.public_url + (versioned ? "/fhir/r4" : "/fhir");
}

std::int64_t now_in_microseconds()
{
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

mapping::fhir::shape shape_of(mapping::search::request const& asked, config::search_depth configured)
{
    using mapping::level;
    using mapping::fhir::view;
    using mapping::search::summary;
    auto depth = configured == config::search_depth::study    ? level::study
                 : configured == config::search_depth::series ? level::series
                                                              : level::instance;
    // What is asked for by name is given whole.
    if (asked.summary == summary::all || std::ranges::find(asked.elements, "series") != asked.elements.end())
        depth = level::instance;
    auto const shown = asked.summary == summary::true_  ? view::summary
                       : asked.summary == summary::text ? view::text
                       : asked.summary == summary::data ? view::data
                                                        : view::all;
    return mapping::fhir::make_shape(shown, asked.elements, depth);
}

}  // namespace pons::proxy::fhir
