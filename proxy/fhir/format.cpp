#include "proxy/fhir/format.hpp"

#include "mapping/errc.hpp"
#include "mapping/search/query_string.hpp"
#include "proxy/http/accept.hpp"
#include "proxy/http/text.hpp"

#include <array>
#include <optional>
#include <string_view>

namespace pons::proxy::fhir {

namespace {

using mapping::fhir::format;

struct media_row {
    std::string_view type;
    format as;
};

/// What Accept is held against, the best liked first where the client does not care.
constexpr std::array<media_row, 10> media{{{"application/fhir+json; fhirVersion=4.0", format::json},
                                           {"application/fhir+xml; fhirVersion=4.0", format::xml},
                                           {"application/json", format::json},
                                           {"application/xml", format::xml},
                                           {"text/json", format::json},
                                           {"text/xml", format::xml},
                                           {"application/json+fhir", format::json},
                                           {"application/xml+fhir", format::xml},
                                           {"application/fhir+json; fhirVersion=4.0.1", format::json},
                                           {"application/fhir+xml; fhirVersion=4.0.1", format::xml}}};

constexpr std::array<media_row, 14> short_names{{{"json", format::json},
                                                 {"application/json", format::json},
                                                 {"text/json", format::json},
                                                 {"application/fhir+json", format::json},
                                                 {"application/fhir json", format::json},  // an unencoded +
                                                 {"application/json+fhir", format::json},
                                                 {"application/json fhir", format::json},
                                                 {"xml", format::xml},
                                                 {"application/xml", format::xml},
                                                 {"text/xml", format::xml},
                                                 {"application/fhir+xml", format::xml},
                                                 {"application/fhir xml", format::xml},
                                                 {"application/xml+fhir", format::xml},
                                                 {"application/xml fhir", format::xml}}};

std::string content_type(std::string_view type)
{
    return std::string(type.substr(0, type.find(';'))) + "; charset=utf-8";
}

/// "application/fhir+json; fhirVersion=4.0", as `_format` says it.
std::optional<format> format_named(std::string_view text)
{
    auto const name = http::to_lower(http::take_member(text, ';'));
    while (!text.empty()) {
        auto const parameter = http::to_lower(http::take_member(text, ';'));
        if (parameter.starts_with("fhirversion=") && parameter != "fhirversion=4.0" && parameter != "fhirversion=4.0.1")
            return {};
    }
    for (auto const& row : short_names)
        if (row.type == name)
            return row.as;
    return {};
}

std::string_view fhir_type(format as)
{
    return as == format::json ? "application/fhir+json" : "application/fhir+xml";
}

}  // namespace

result<answer_format> negotiate(http::request const& req)
{
    answer_format chosen;
    std::optional<std::string> wanted;
    auto parameters = mapping::search::split_query(req.query);
    if (has_form(req))
        for (auto& p : mapping::search::split_query(req.body))
            parameters.push_back(std::move(p));
    for (auto& [name, value] : parameters) {
        if (name == "_format" && !value.empty())
            wanted = std::move(value);
        else if (name == "_pretty")
            chosen.pretty = value == "true";
    }
    if (wanted) {
        auto const as = format_named(*wanted);
        if (!as)
            return fail(mapping::errc::not_acceptable, "_format; JSON and XML can be given");
        chosen.as = *as;
        chosen.content_type = content_type(fhir_type(*as));
        return chosen;
    }
    auto const accept = req.header("accept");
    if (accept.empty())
        return chosen;
    std::array<std::string_view, media.size()> offers;
    for (std::size_t i = 0; i < media.size(); ++i)
        offers[i] = media[i].type;
    auto const best = http::choose(http::parse_accept(accept), offers);
    if (!best)
        return fail(mapping::errc::not_acceptable, "Accept; JSON and XML can be given");
    chosen.as = media[*best].as;
    chosen.content_type = content_type(media[*best].type);
    return chosen;
}

bool has_form(http::request const& req)
{
    auto const type = req.header("content-type");
    return http::equal_ignoring_case(http::trim(type.substr(0, type.find(';'))), "application/x-www-form-urlencoded");
}

answer_format negotiate_or_json(http::request const& req)
{
    auto const chosen = negotiate(req);
    return chosen ? *chosen : answer_format{};
}

}  // namespace pons::proxy::fhir
