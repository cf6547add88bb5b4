#include "config/web_addresses.hpp"

#include "config/url.hpp"

#include <algorithm>
#include <span>

namespace pons::config {

namespace {

// What may stand in a link to Weasis, whose values become arguments in quotes: an identifier may hold a quotation mark.
constexpr std::string_view in_weasis_links[] = {"{study_uids}", "{study_uid}", "{dicomweb}", "{diagnostic_quality}",
                                                "{key_images_only}"};
constexpr std::string_view in_viewer_urls[] = {"{study_uids}",     "{study_uid}", "{accession_number}",
                                               "{patient_id}",     "{dicomweb}",  "{diagnostic_quality}",
                                               "{key_images_only}"};

/// "{a}, {b} and {c}"
std::string listed(std::span<std::string_view const> names)
{
    std::string text;
    for (auto const& name : names)
        text.append(text.empty() ? "" : &name == &names.back() ? " and " : ", ").append(name);
    return text;
}

}  // namespace

std::string base_url_fault(std::string_view text)
{
    auto const parts = split_url(text);
    if (!parts)
        return parts.error();
    if (parts->rest.find_first_of("?#") != std::string_view::npos)
        return "has a query or fragment; write the base address alone";
    if (parts->rest.ends_with('/'))
        return "ends with a slash; leave it out";
    return {};
}

std::string web_origin_fault(std::string_view text)
{
    if (text == "*")
        return {};
    auto const parts = split_url(text);
    if (!parts)
        return parts.error();
    if (!parts->rest.empty())
        return "holds more than an origin; write scheme, host and port alone";
    return {};
}

std::string viewer_url_fault(std::string_view text)
{
    constexpr std::string_view weasis = "weasis://";
    bool const to_weasis = text.starts_with(weasis);
    // Behind weasis:// stands a command, not a host; else the host is the template's own.
    std::string const url = to_weasis ? "http://weasis/" + std::string(text.substr(weasis.size())) : std::string(text);
    auto const parts = split_url(url);
    if (!parts)
        return parts.error();
    if (parts->rest.find("{study_uids}") == std::string_view::npos &&
        parts->rest.find("{study_uid}") == std::string_view::npos)
        return "does not say where the studies go; write {study_uids} in its path or query";
    std::span<std::string_view const> placeholders = in_viewer_urls;
    if (to_weasis)
        placeholders = in_weasis_links;
    for (auto at = text.find_first_of("{}"); at != std::string_view::npos; at = text.find_first_of("{}", at)) {
        auto const known = std::find_if(placeholders.begin(), placeholders.end(),
                                        [&](auto name) { return text.substr(at).starts_with(name); });
        if (known == placeholders.end())
            return "holds a placeholder that is not known" + std::string(to_weasis ? " in a link to Weasis" : "") +
                   "; there are " + listed(placeholders);
        at += known->size();
    }
    return {};
}

}  // namespace pons::config
