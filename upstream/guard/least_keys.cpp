#include "upstream/guard/least_keys.hpp"

#include "mapping/dictionary.hpp"
#include "mapping/errc.hpp"
#include "upstream/text_keys.hpp"

#include <algorithm>

namespace pons::upstream {

namespace {

using mapping::key;
namespace tags = mapping::tags;

/// The key that narrows least says how much is asked of the archive.
bool is_narrow(key const& k, std::size_t least)
{
    return !k.values.empty() && std::ranges::all_of(k.values, [&](auto const& v) {
        return letters_of(v) >= std::max<std::size_t>(least, 1);
    });
}

bool is_uid(mapping::tag t)
{
    return t == tags::StudyInstanceUID || t == tags::SeriesInstanceUID || t == tags::SOPInstanceUID;
}

}  // namespace

result<void> has_least_keys(config::source const& source, mapping::find_request const& request)
{
    auto const& wanted = source.limits.require_any_of;
    auto const least = source.limits.min_chars;
    if (wanted.empty() && least == 0)
        return {};
    auto const helps = [&](key const& k) {
        if (is_uid(k.attribute) && is_narrow(k, 1))
            return true;
        auto const* const a = mapping::find_attribute(k.attribute);
        bool const named = wanted.empty() || (a && std::ranges::find(wanted, a->keyword) != wanted.end());
        return named && is_narrow(k, least);
    };
    if (std::ranges::any_of(request.keys, helps))
        return {};
    std::string where = "source " + source.name + " wants ";
    for (std::size_t i = 0; i < wanted.size(); ++i)
        where.append(i == 0 ? "" : i + 1 == wanted.size() ? " or " : ", ").append(wanted[i]);
    if (wanted.empty())
        where += "a key";
    if (least > 1)
        where.append(" of at least ").append(std::to_string(least)).append(" characters");
    return fail(mapping::errc::too_costly, std::move(where));
}

mapping::find_request without_short_keys(config::source const& source, mapping::find_request request)
{
    auto const least = source.limits.min_chars;
    if (least == 0)
        return request;
    for (auto& k : request.keys) {
        if (is_text(k.attribute) && !is_narrow(k, least))
            k.values.clear();
    }
    return request;
}

}  // namespace pons::upstream
