#include "upstream/dimse/opening.hpp"

#include "upstream/dimse/exchange.hpp"

#include <algorithm>
#include <random>

namespace pons::upstream::dimse {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto first_retry = 100ms;
constexpr auto longest_retry = 2s;
constexpr auto release_time = 200ms;

/// Half to all of `longest`, so that several of us do not come back at the same moment.
milliseconds jittered(milliseconds longest)
{
    thread_local std::minstd_rand random{std::random_device{}()};
    return milliseconds(std::uniform_int_distribution<milliseconds::rep>(longest.count() / 2, longest.count())(random));
}

bool accepts_the_first(association const& line, association_request const& what)
{
    auto const& first = what.contexts.front();
    return std::ranges::any_of(first.transfer_syntaxes, [&](std::string const& syntax) {
        return line.context(first.abstract_syntax, syntax) != nullptr;
    });
}

}  // namespace

bool is_used_up(association const& line, config::source const& source)
{
    return source.limits.operations != 0 && line.operations() >= source.limits.operations;
}

tl::expected<association, refusal> try_patiently(config::source const& source, association_request const& what,
                                                 patience const& how_long)
{
    auto const until = std::min(how_long.deadline, clock::now() + source.timeouts.association);
    for (milliseconds delay = first_retry;; delay = std::min<milliseconds>(2 * delay, longest_retry)) {
        auto opened = open_association(source, what, how_long);
        if (opened)
            return opened;
        auto& refused = opened.error();
        auto const again = clock::now() + jittered(delay);
        if (!refused.transient || again >= until) {
            if (refused.transient)
                refused.why.retry_after = std::chrono::ceil<std::chrono::seconds>(longest_retry);
            return opened;
        }
        if (wait_for(-1, 0, {again, how_long.by}) == readiness::interrupted)
            return tl::unexpected(refusal{{errc::cancelled, "association"}});
    }
}

result<association> open_patiently(config::source const& source, association_request const& what,
                                   patience const& how_long)
{
    auto opened = try_patiently(source, what, how_long);
    if (opened)
        return std::move(*opened);
    auto why = std::move(opened.error().why);
    why.where = "source " + source.name + ", " + why.where;
    return tl::unexpected(std::move(why));
}

result<association> open_for_the_first(config::source const& source, association_request const& what,
                                       patience const& how_long)
{
    auto opened = open_patiently(source, what, how_long);
    if (!opened || accepts_the_first(*opened, what))
        return opened;
    opened->release({clock::now() + release_time, how_long.by});
    return open_patiently(source, what, how_long);
}

}  // namespace pons::upstream::dimse
