#include "proxy/http/accept.hpp"

#include "proxy/http/text.hpp"

#include <algorithm>

namespace pons::proxy::http {

namespace {

constexpr std::size_t most_ranges = 64;

/// "0.5" is 500. Old clients leave out the zero and some write more digits than the three allowed.
int parse_q(std::string_view text)
{
    if (text.empty() || text.find_first_not_of("0123456789.") != std::string_view::npos)
        return 1000;
    auto const point = std::min(text.find('.'), text.size());
    if (text.substr(0, point).find_first_not_of('0') != std::string_view::npos)
        return 1000;
    int q = 0;
    int scale = 100;
    for (char const c : text.substr(std::min(point + 1, text.size()))) {
        if (c == '.')
            return 1000;
        q += (c - '0') * scale;
        scale /= 10;
    }
    return q;
}

/// Splits "name=value"; the name in lower case, the value unquoted.
std::pair<std::string, std::string> parse_parameter(std::string_view member)
{
    auto const equals = member.find('=');
    if (equals == std::string_view::npos)
        return {to_lower(member), {}};
    return {to_lower(trim(member.substr(0, equals))), unquoted(trim(member.substr(equals + 1)))};
}

std::optional<media_range> parse_range(std::string_view member)
{
    media_range range;
    auto const name = take_member(member, ';');
    auto const slash = name.find('/');
    if (name == "*") {
        range.type = range.subtype = "*";
    } else {
        range.type = to_lower(trim(name.substr(0, slash)));
        range.subtype = slash == std::string_view::npos ? std::string() : to_lower(trim(name.substr(slash + 1)));
    }
    if (!is_token(range.type) || !is_token(range.subtype) || (range.type == "*" && range.subtype != "*"))
        return std::nullopt;
    while (!member.empty()) {
        auto parameter = parse_parameter(take_member(member, ';'));
        if (parameter.first == "q") {
            range.q = parse_q(parameter.second);
            break;  // what follows belongs to Accept, not to the media type
        }
        if (is_token(parameter.first))
            range.parameters.push_back(std::move(parameter));
    }
    return range;
}

bool covers_parameters(media_range const& range, media_range const& offer)
{
    return std::all_of(range.parameters.begin(), range.parameters.end(), [&](auto const& wanted) {
        if (wanted.first == "charset" && equal_ignoring_case(wanted.second, "utf-8"))
            return true;
        return std::any_of(offer.parameters.begin(), offer.parameters.end(), [&](auto const& had) {
            return had.first == wanted.first && equal_ignoring_case(had.second, wanted.second);
        });
    });
}

/// How closely `range` names `offer`; 0 when it does not cover it.
std::size_t specificity(media_range const& range, media_range const& offer)
{
    if (range.type == "*")
        return covers_parameters(range, offer) ? 1 : 0;
    if (range.type != offer.type)
        return 0;
    if (range.subtype == "*")
        return covers_parameters(range, offer) ? 2 : 0;
    return range.subtype == offer.subtype && covers_parameters(range, offer) ? 3 + range.parameters.size() : 0;
}

}  // namespace

std::vector<media_range> parse_accept(std::string_view header)
{
    std::vector<media_range> ranges;
    while (!header.empty() && ranges.size() < most_ranges)
        if (auto range = parse_range(take_member(header, ',')))
            ranges.push_back(std::move(*range));
    return ranges;
}

int quality(std::vector<media_range> const& ranges, std::string_view media_type)
{
    if (ranges.empty())
        return 1000;
    auto const offer = parse_range(media_type);
    if (!offer)
        return 0;
    std::size_t closest = 0;
    int q = 0;
    for (auto const& range : ranges) {
        auto const close = specificity(range, *offer);
        if (close > closest) {
            closest = close;
            q = range.q;
        } else if (close == closest && close > 0) {
            q = std::max(q, range.q);
        }
    }
    return q;
}

std::optional<std::size_t> choose(std::vector<media_range> const& ranges, std::span<std::string_view const> offers)
{
    std::optional<std::size_t> best;
    int best_q = 0;
    for (std::size_t i = 0; i < offers.size(); ++i) {
        int const q = quality(ranges, offers[i]);
        if (q > best_q) {
            best = i;
            best_q = q;
        }
    }
    return best;
}

bool accepts_gzip(std::string_view accept_encoding)
{
    int gzip = -1;
    int any = -1;
    int identity = 0;
    while (!accept_encoding.empty()) {
        auto member = take_member(accept_encoding, ',');
        auto const coding = take_member(member, ';');
        int q = 1000;
        while (!member.empty()) {
            auto const [name, value] = parse_parameter(take_member(member, ';'));
            if (name == "q")
                q = parse_q(value);
        }
        if (equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip"))
            gzip = q;
        else if (coding == "*")
            any = q;
        else if (equal_ignoring_case(coding, "identity"))
            identity = q;
    }
    int const q = gzip >= 0 ? gzip : any;
    return q > 0 && q >= identity;
}

std::optional<std::string> preference(std::string_view prefer, std::string_view name)
{
    while (!prefer.empty()) {
        auto member = take_member(prefer, ',');
        auto const [found, value] = parse_parameter(take_member(member, ';'));
        if (equal_ignoring_case(found, name))
            return value;
    }
    return std::nullopt;
}

}  // namespace pons::proxy::http
