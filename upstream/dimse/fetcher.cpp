#include "upstream/dimse/fetcher.hpp"

#include "upstream/dimse/association_pool.hpp"
#include "upstream/dimse/c_get.hpp"
#include "upstream/dimse/deliver.hpp"
#include "upstream/dimse/frame_level.hpp"
#include "upstream/dimse/get_plan.hpp"
#include "upstream/dimse/without_bulk_data.hpp"
#include "upstream/source_text.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace pons::upstream::dimse {

namespace {

/// Failures after which the whole instance would not come either.
bool concerns_the_archive(failure const& why)
{
    constexpr errc some[] = {errc::cancelled, errc::unreachable, errc::overloaded};
    return std::ranges::any_of(some, [&](errc code) { return why.code == code; }) ||
           (why.code == errc::association_rejected && why.retry_after != std::chrono::seconds(0));
}

/// The end of a request came from the one who asked, from us, or on the way to the archive: with whole instances it
/// would be the same.
bool says_nothing_of_the_way(delivery::ending const& ended)
{
    constexpr errc others[] = {errc::cancelled, errc::overloaded,           errc::unreachable, errc::unauthorized,
                               errc::stalled,   errc::association_rejected, errc::too_large};
    return !ended.another_way && std::ranges::any_of(others, [&](errc code) { return ended.how.error().code == code; });
}

}  // namespace

fetcher::fetcher(config::source const& source, std::shared_ptr<association_pool> pool,
                 std::shared_ptr<move_registry> moves, archive& catalogue)
    : source_(source), pool_(pool), mover_(source, std::move(pool), std::move(moves)), catalogue_(catalogue)
{
}

bool fetcher::takes_part(config::retrieve_method way) const
{
    return std::ranges::find(source_.retrieve, way) != source_.retrieve.end();
}

awaitable<delivery::ending> fetcher::retrieve_by(config::retrieve_method way, retrieve_request const& request,
                                                 contents const& known, part_sink& parts, time_point deadline)
{
    auto const home = co_await asio::this_coro::executor;
    if (way == config::retrieve_method::c_get) {
        auto work = std::make_shared<get_errand>(home, deadline, plan_get(request, known));
        auto ended = co_await deliver(std::move(work), *pool_, source_, parts, deadline);
        co_return ended;
    }
    auto moved = co_await mover_.retrieve(request, known, parts, deadline);
    co_return moved;
}

awaitable<std::optional<result<retrieved>>> fetcher::retrieve_frames(retrieve_request const& request,
                                                                     contents const& known, part_sink& parts,
                                                                     time_point deadline)
{
    auto steps = plan_frames(request, known);
    if (!steps)
        co_return std::nullopt;
    auto& experience = pool_->way();
    auto const sop_class = steps->front().storage.front().abstract_syntax;
    auto const now = clock::now();
    if (!experience.may_extract_frames(sop_class, now))
        co_return std::nullopt;

    auto const home = co_await asio::this_coro::executor;
    auto const half = now + (deadline - now) / 2;  // the other is for the whole instance, should it come to that
    extracted_frames part(request, parts);
    std::vector<get_attempt> attempts;
    attempts.push_back(std::move(*steps));
    auto work = std::make_shared<get_errand>(home, half, std::move(attempts));
    auto const ended = co_await deliver(std::move(work), *pool_, source_, part, half);
    if (part.whole()) {
        experience.extracted_frames(sop_class);
        retrieved one;
        one.instances = 1;
        co_return result<retrieved>(std::move(one));
    }
    auto why = ended.how ? failed(errc::malformed, ", C-GET of frames without an instance") : ended.how.error();
    bool const for_good = why.code == errc::unsupported || why.code == errc::association_rejected;
    if (why.code != errc::stalled && !concerns_the_archive(why))
        experience.failed_to_extract_frames(sop_class, for_good, clock::now());
    if (part.handed_on() || concerns_the_archive(why))
        co_return result<retrieved>(tl::unexpected(std::move(why)));
    co_return std::nullopt;
}

awaitable<result<retrieved>> fetcher::retrieve(retrieve_request const& asked, part_sink& parts, time_point deadline)
{
    auto request = asked;
    if (!source_.quirks.frame_level || !takes_part(config::retrieve_method::c_get))
        request.frames.clear();
    auto const known = co_await look_into(catalogue_, request, deadline);
    if (!known)
        co_return tl::unexpected(known.error());
    if (!request.frames.empty()) {
        auto given = co_await retrieve_frames(request, *known, parts, deadline);
        if (given)
            co_return std::move(*given);
        request.frames.clear();
    }

    result<retrieved> first_answer = tl::unexpected(failed(errc::unsupported, ", no way to retrieve"));
    bool first = true;
    auto const ways = pool_->way().in_order(clock::now());
    std::vector<config::retrieve_method> failed_ways;
    for (auto const way : ways) {
        auto ended = co_await retrieve_by(way, request, *known, parts, deadline);
        bool const is_list =
            !request.sop_instance_uids.empty();  // which a way may not know that brings everything else
        if (ended.how && !is_list)
            for (auto const f : failed_ways)
                pool_->way().failed(f, clock::now());
        if (!ended.another_way)
            co_return std::move(ended.how);
        failed_ways.push_back(way);
        if (std::exchange(first, false))
            first_answer = std::move(ended.how);
    }
    // It says that it holds them, and brings none.
    if (!first_answer && first_answer.error().code == errc::not_found && !known->empty()) {
        first_answer.error().code = errc::not_yet;
        first_answer.error().retry_after = while_it_is_fetched;
    }
    co_return first_answer;
}

/// An archive is asked until it says, or shows, that it does not know this; `complete` then makes metadata of
/// instances. What does not come because its UID was not listed nobody would miss: the list is asked by only where the
/// archive's own count confirms it.
awaitable<result<found>> fetcher::retrieve_metadata(retrieve_request const& request, row_sink& rows,
                                                    time_point deadline)
{
    if (!takes_part(config::retrieve_method::c_get) || !source_.quirks.without_bulk_data ||
        !pool_->way().may_leave_out_bulk_data(request.study_instance_uid, clock::now()))
        co_return tl::unexpected(failed(errc::unsupported));
    auto const known = co_await look_into(catalogue_, request, deadline);
    if (!known)
        co_return tl::unexpected(known.error());
    auto steps = plan_without_bulk_data(request, *known);
    if (!steps)
        co_return tl::unexpected(failed(errc::unsupported));
    bool const all_named = co_await names_all(catalogue_, request, *known, deadline);
    if (!all_named)
        co_return tl::unexpected(failed(errc::unsupported));

    auto const home = co_await asio::this_coro::executor;
    bare_metadata parts(rows, text_of(source_));
    auto const asked = steps->front().without_bulk_data.size();
    std::vector<get_attempt> attempts;
    attempts.push_back(std::move(*steps));
    auto work = std::make_shared<get_errand>(home, deadline, std::move(attempts));
    auto const ended = co_await deliver(std::move(work), *pool_, source_, parts, deadline);
    if (!ended.how && says_nothing_of_the_way(ended))
        co_return tl::unexpected(ended.how.error());
    auto& way = pool_->way();
    auto const now = clock::now();
    bool const unknown = !ended.how && ended.how.error().code == errc::unsupported;
    if (unknown)
        way.knows_no_instances_without_bulk_data();
    else if (!ended.how || parts.rows() < asked)
        way.failed_without_bulk_data(request.study_instance_uid, now);
    else if (asked > 1)  // one that came says nothing about lists
        way.left_out_bulk_data();
    if (!ended.how) {
        bool const in_time = ended.how.error().code != errc::timed_out || now < deadline;
        if (parts.rows() == 0 && in_time)
            co_return tl::unexpected(failed(errc::unsupported));
        co_return tl::unexpected(ended.how.error());
    }
    found all;
    all.rows = parts.rows();
    all.issues = ended.how->issues;
    if (parts.lacks_values())
        all.issues.push_back(values_left_out());
    co_return all;
}

}  // namespace pons::upstream::dimse
