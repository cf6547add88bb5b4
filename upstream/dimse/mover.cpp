#include "upstream/dimse/mover.hpp"

#include "upstream/dimse/association_pool.hpp"
#include "upstream/dimse/deliver.hpp"
#include "upstream/dimse/move.hpp"
#include "upstream/dimse/move_attempts.hpp"

#include <algorithm>
#include <optional>

namespace pons::upstream::dimse {

mover::mover(config::source const& source, std::shared_ptr<association_pool> pool, std::shared_ptr<move_registry> moves)
    : source_(source), pool_(std::move(pool)), moves_(std::move(moves))
{
}

awaitable<delivery::ending> mover::retrieve(retrieve_request const& request, contents const& known, part_sink& parts,
                                            time_point deadline)
{
    if (!moves_)
        co_return delivery::ending{
            fail(errc::unsupported, "source " + source_.name + ", C-MOVE without a store provider"), true};
    move_attempts attempts(request, moves_->moved_in(source_.name));
    std::optional<delivery::ending> first;
    for (;;) {
        auto now = co_await move_in(attempts.preferred(), request, known, parts, deadline);
        if (now.ended.how && !attempts.preferred().empty())
            moves_->moved_in(source_.name, attempts.preferred());
        if (now.ended.how || !now.ended.another_way)
            co_return std::move(now.ended);
        if (!first)
            first = std::move(now.ended);
        if (clock::now() >= deadline || !attempts.another(now.associations))
            co_return std::move(*first);
    }
}

/// One at a time for each study where the archive does not tell them apart.
awaitable<mover::moved_once> mover::move_in(std::string const& transfer_syntax, retrieve_request const& request,
                                            contents const& known, part_sink& parts, time_point deadline)
{
    permit turn;
    if (!moves_->tells_originator(source_.name)) {
        auto const turns = moves_->turns(source_, request.study_instance_uid);
        auto acquired = co_await turns->acquire(deadline);
        if (!acquired)
            co_return moved_once{{tl::unexpected(std::move(acquired.error()))}, {}};
        turn = std::move(*acquired);
    }
    auto const home = co_await asio::this_coro::executor;
    move_order order{
        .what = request, .expected = request.sop_instance_uids, .instances = 0, .transfer_syntax = transfer_syntax};
    if (!request.sop_instance_uid.empty())
        order.expected.push_back(request.sop_instance_uid);
    auto const looked_into = [](series_contents const& each) { return !each.classes.empty(); };
    if (std::ranges::all_of(known.series, looked_into))
        order.instances = known.instances;
    auto const work = std::make_shared<move_errand>(home, deadline, std::move(order), moves_, std::move(turn));
    auto ended = co_await deliver(work, *pool_, source_, parts, deadline);
    co_return moved_once{std::move(ended), work->associations()};
}

}  // namespace pons::upstream::dimse
