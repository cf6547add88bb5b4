#include "upstream/guard/least_keys.hpp"

#include "mapping/dictionary.hpp"
#include "mapping/errc.hpp"

#include <algorithm>

namespace pons::upstream {

namespace {

using mapping::key;
using mapping::operator""_vr;
namespace tags = mapping::tags;

/// Two bytes of UTF-8 count as one character.
std::size_t characters(std::string_view text)
{
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return c != '*' && c != '?' && (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// The key that narrows least says how much is asked of the archive.
bool is_narrow(key const& k, std::size_t least)
{
    return !k.values.empty() && std::ranges::all_of(k.values, [&](auto const& v) {
        return characters(v) >= std::max<std::size_t>(least, 1);
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
        auto const* const a = mapping::find_attribute(k.attribute);
        bool const is_text = a && (a->vr == "PN"_vr || a->vr == "LO"_vr || a->vr == "SH"_vr);
        if (is_text && !is_narrow(k, least))
            k.values.clear();
    }
    return request;
}

}  // namespace pons::upstream
