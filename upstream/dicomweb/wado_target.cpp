#include "upstream/dicomweb/wado_target.hpp"

#include "upstream/dicomweb/origin.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <iterator>

namespace pons::upstream::dicomweb {

namespace {

constexpr std::string_view ways[] = {
    R"(multipart/related; type="application/dicom"; transfer-syntax=*)",
    R"(multipart/related; type=application/dicom; transfer-syntax=*)",
    R"(multipart/related; type="application/dicom")",
    R"(multipart/related; type=application/dicom)",
    R"(application/dicom; transfer-syntax=*)",
};

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// What may stand in a path as it is (PS3.5 §9.1).
bool is_uid(std::string_view value)
{
    return !value.empty() && value.size() <= 64 && value.find_first_not_of('.') != value.npos &&
           value.find_first_not_of("0123456789.") == value.npos;
}

}  // namespace

std::optional<std::string> wado_target(config::source const& source, retrieve_request const& request,
                                       std::string_view suffix)
{
    auto const base = parse_origin(source.url);
    std::string target = base ? base->base_path : std::string();
    bool missing = false;
    bool above_is_missing = false;
    auto const add = [&](char const* name, std::string const& uid) {
        above_is_missing = above_is_missing || (missing && !uid.empty());
        missing = uid.empty();
        if (!missing)
            target.append(name).append(uid);
        return missing || is_uid(uid);
    };
    bool const good = add("/studies/", request.study_instance_uid) && !missing &&
                      add("/series/", request.series_instance_uid) && add("/instances/", request.sop_instance_uid);
    if (!good || above_is_missing)
        return {};
    return target.append(suffix);
}

namespace {

/// A server may undo escapes before it looks for "..".
bool climbs(boost::urls::url_view const& uri)
{
    std::string const path = uri.path();
    if (path.find_first_of("\\\0", 0, 2) != path.npos)
        return true;
    for (std::size_t at = 0; at <= path.size();) {
        auto const end = std::min(path.find('/', at), path.size());
        auto const segment = std::string_view(path).substr(at, end - at);
        if (segment == "." || segment == "..")
            return true;
        at = end + 1;
    }
    return false;
}

}  // namespace

std::optional<std::string> bulk_target(config::source const& source, std::string_view uri)
{
    namespace urls = boost::urls;
    auto const base = parse_origin(source.url);
    auto const parsed = urls::parse_uri_reference(urls::string_view(uri.data(), uri.size()));
    if (!base || !parsed || parsed->has_fragment() || climbs(*parsed))
        return {};
    auto const text_of = [](auto const& part) { return std::string(part.data(), part.size()); };
    auto target = text_of(parsed->encoded_path());
    if (parsed->has_authority() || parsed->has_scheme()) {
        auto origin_of = [&]() {
            auto const query = parsed->has_query() ? uri.find('?') : uri.size();
            return parse_origin(uri.substr(0, query));
        };
        auto const there = origin_of();
        if (!there || there->tls != base->tls || there->port != base->port ||
            !std::ranges::equal(there->host, base->host, {}, lower, lower))
            return {};
    }
    if (!target.starts_with(base->base_path + "/") || target.size() <= base->base_path.size() + 1)
        return {};
    if (parsed->has_query())
        target.append("?").append(text_of(parsed->encoded_query()));
    return target;
}

std::optional<std::string_view> retrieve_accept(std::size_t way)
{
    if (way >= std::size(ways))
        return {};
    return ways[way];
}

bool leaves_transfer_syntax(std::size_t way)
{
    return retrieve_accept(way).value_or("").find("transfer-syntax") == std::string_view::npos;
}

}  // namespace pons::upstream::dicomweb
