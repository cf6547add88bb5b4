#include "upstream/dimse/c_get.hpp"

#include "upstream/dimse/get_exchange.hpp"
#include "upstream/dimse/identifier.hpp"
#include "upstream/dimse/opening.hpp"
#include "upstream/dimse/wire/uids.hpp"

#include <algorithm>
#include <optional>
#include <span>

namespace pons::upstream::dimse {

namespace {

using namespace std::chrono_literals;

constexpr auto release_time = 200ms;

/// No more than are asked for again one by one (`most_asked_again` in upstream/complete): an archive that serves the
/// beginning of a list only is not a study that is lost.
constexpr std::size_t most_uids = 100;

char const* model_of(get_step const& step)
{
    if (!step.without_bulk_data.empty())
        return uids::composite_instance_retrieve_without_bulk_data_get;
    bool const of_frames = !step.requests.empty() && !step.requests.front().frames.empty();
    return of_frames ? uids::composite_instance_root_retrieve_get : uids::study_root_get;
}

/// One C-GET of a step.
struct get_request {
    retrieve_request const& what;
    mapping::data_set identifier;
};

std::vector<get_request> requests_of(get_step const& step)
{
    std::vector<get_request> all;
    std::span<std::string const> uids(step.without_bulk_data);
    if (uids.empty())
        for (auto const& what : step.requests)
            all.push_back({what, to_identifier(what)});
    for (; !uids.empty(); uids = uids.subspan(std::min(most_uids, uids.size())))
        all.push_back({step.requests.front(), to_identifier(uids.first(std::min(most_uids, uids.size())))});
    return all;
}

association_request with_get(association_request const& like, get_step const& step)
{
    association_request rq{like.calling_ae, like.called_ae, {}};
    rq.contexts.push_back({model_of(step), {uids::explicit_vr_little_endian, uids::implicit_vr_little_endian}});
    rq.contexts.insert(rq.contexts.end(), step.storage.begin(), step.storage.end());
    return rq;
}

/// As many associations as `limits.operations` makes of its requests.
get_outcome fetch(get_step const& step, workbench const& at, delivery& to, get_tally& sum)
{
    auto const source = "source " + at.source.name;
    std::optional<association> line;
    for (auto const& each : requests_of(step)) {
        if (line && is_used_up(*line, at.source)) {
            line->release({clock::now() + release_time});
            line.reset();
        }
        if (!line) {
            auto const what = with_get(at.proposals, step);
            patience const how_long{sum.until, &at.by};
            // What few archives know is asked for once.
            bool const usual = what.contexts.front().abstract_syntax == uids::study_root_get;
            auto opened =
                usual ? open_for_the_first(at.source, what, how_long) : open_patiently(at.source, what, how_long);
            if (!opened) {
                // Some archives reject an association for what it proposes.
                auto const for_good = opened.error().code == errc::association_rejected &&
                                      opened.error().retry_after == std::chrono::seconds(0);
                return tl::unexpected(get_failure{std::move(opened.error()), get_leaves::ended,
                                                  for_good && !sum.began ? get_hope::another_way : get_hope::none});
            }
            line = std::move(*opened);
        }
        auto const* const in = line->context(model_of(step));
        if (!in) {
            line->release({clock::now() + release_time});
            return tl::unexpected(get_failure{{errc::unsupported, source + ", C-GET not accepted"},
                                              get_leaves::ended,
                                              sum.began ? get_hope::none : get_hope::another_way});
        }
        get_exchange exchange(*line, at, to, sum);
        auto how = exchange.run(*in, each.what, each.identifier);
        if (how)
            continue;
        if (how.error().left == get_hope::none)  // first of all tell: what follows may take some time
            to.finish(tl::unexpected(how.error().why));
        if (how.error().it == get_leaves::ended || (how.error().it == get_leaves::running && exchange.cancel(*in)))
            line->release({clock::now() + release_time});
        return how;
    }
    if (line)
        line->release({clock::now() + release_time});
    return {};
}

get_outcome fetch(get_attempt const& steps, workbench const& at, delivery& to, get_tally& sum)
{
    for (auto const& step : steps)
        if (auto how = fetch(step, at, to, sum); !how)
            return how;
    if (sum.failed > 0)
        return tl::unexpected(get_failure{{errc::incomplete, "source " + at.source.name + ", C-GET: " +
                                                                 std::to_string(sum.failed) + " sub-operations failed"},
                                          get_leaves::ended,
                                          sum.began ? get_hope::none : get_hope::another_attempt});
    return {};
}

}  // namespace

void get_errand::work(workbench& at)
{
    if (at.line) {
        at.line->release({clock::now() + release_time, &at.by});
        at.line.reset();
    }
    std::optional<get_failure> last;
    for (auto const& attempt : attempts_) {
        get_tally sum{.until = deadline()};
        auto how = fetch(attempt, at, *this, sum);
        if (how)
            return finish(retrieved{0, sum.completed, {}});
        last = std::move(how.error());
        if (last->left != get_hope::another_attempt)
            break;
    }
    if (last)
        finish(tl::unexpected(std::move(last->why)), last->left != get_hope::none);
}

}  // namespace pons::upstream::dimse
