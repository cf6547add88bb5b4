#include "proxy/http/etag.hpp"

#include "proxy/http/text.hpp"

namespace pons::proxy::http {

namespace {

std::string_view opaque(std::string_view etag)
{
    return etag.starts_with("W/") ? etag.substr(2) : etag;
}

}  // namespace

bool names_etag(std::string_view if_none_match, std::string_view etag)
{
    if (etag.empty())
        return false;
    if (trim(if_none_match) == "*")
        return true;
    // An entity tag has no escapes: what stands between two quotes is the tag, commas and backslashes included.
    for (auto rest = if_none_match; !rest.empty();) {
        rest.remove_prefix(std::min(rest.find_first_not_of(" \t,"), rest.size()));
        auto const weak = rest.starts_with("W/") ? rest.substr(2) : rest;
        auto const end = weak.starts_with('"') ? weak.find('"', 1) : std::string_view::npos;
        if (end == std::string_view::npos) {
            // Some clients send the tag without its quotes.
            auto const member = take_member(rest, ',');
            auto const bare = opaque(etag);
            if (!member.empty() && bare.size() > 2 && opaque(member) == bare.substr(1, bare.size() - 2))
                return true;
            continue;
        }
        if (weak.substr(0, end + 1) == opaque(etag))
            return true;
        rest = weak.substr(end + 1);
    }
    return false;
}

}  // namespace pons::proxy::http
