#include "upstream/probe/not_answered.hpp"

#include "upstream/errc.hpp"

#include <algorithm>
#include <iterator>

namespace pons::upstream::probe {

namespace {

constexpr errc refusals[] = {errc::refused, errc::too_broad};
/// After these the next question has a chance.
constexpr errc passing[] = {errc::aborted, errc::timed_out, errc::malformed, errc::too_large};

bool is_one(failure const& why, auto const& of)
{
    return std::ranges::any_of(of, [&](errc code) { return why.code == code; });
}

/// "source pacs, C-FIND status C000" and "source web: HTTP status 400" end with what it said.
std::string status_in(std::string const& where)
{
    constexpr std::string_view web = "HTTP status ";
    constexpr std::string_view dimse = "status ";
    if (auto const at = where.rfind(web); at != where.npos)
        return "HTTP " + where.substr(at + web.size());
    auto const at = where.rfind(dimse);
    return at == where.npos ? std::string() : where.substr(at + dimse.size());
}

}  // namespace

answer not_answered(failure const& why)
{
    auto const words = why.code.message() + (why.where.empty() ? "" : " (" + why.where + ")");
    if (is_one(why, refusals))
        if (auto status = status_in(why.where); !status.empty())
            return {.how = answer::kind::refused, .status = std::move(status)};
    return {.how = answer::kind::failed, .status = words, .hopeless = !is_one(why, passing) && !is_one(why, refusals)};
}

}  // namespace pons::upstream::probe
