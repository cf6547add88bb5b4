#include "upstream/dimse/shipping.hpp"

#include "upstream/dimse/c_store.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>

namespace pons::upstream::dimse {

awaitable<result<stored>> ship(instance_source& instances, association_pool& pool, config::source const& source,
                               time_point deadline)
{
    auto const failed = [&](errc code) { return fail(code, "source " + source.name); };
    result<std::optional<part_head>> first = co_await instances.next();
    if (!first)
        co_return tl::unexpected(first.error());
    if (!*first)
        co_return stored{};

    auto const home = co_await asio::this_coro::executor;
    auto const cancellation = co_await asio::this_coro::cancellation_state;
    auto const work = std::make_shared<store_errand>(home, deadline, pool.stored_in());
    auto const queue_end = std::min(deadline, clock::now() + source.limits.queue);
    steady_timer bell(home);
    attendance const here(*work, bell);
    work->begin(**first);
    auto head_left = (*first)->data_set_offset;  // of what stands before the data set
    if (auto const accepted = pool.submit(work); !accepted)
        co_return tl::unexpected(accepted.error());

    bool queued = true;
    std::span<std::byte const> unsent;
    while (cancellation.cancelled() == asio::cancellation_type::none) {
        auto const wants = work->now();
        if (wants == shipment::wants::over)
            co_return work->ending();
        if (wants == shipment::wants::instance) {
            result<std::optional<part_head>> next = co_await instances.next();
            if (!next)
                co_return tl::unexpected(next.error());
            if (*next) {
                head_left = (*next)->data_set_offset;
                work->begin(**next);
            } else {
                work->no_more();
            }
        } else if (wants == shipment::wants::bytes) {
            if (unsent.empty()) {
                result<std::span<std::byte const>> const more = co_await instances.read();
                if (!more)
                    co_return tl::unexpected(more.error());
                if (more->empty()) {
                    work->end();
                    continue;
                }
                auto const dropped = std::min(head_left, more->size());
                head_left -= dropped;
                unsent = more->subspan(dropped);
            }
            unsent = work->put(unsent);
        } else {
            if (queued && clock::now() >= queue_end) {
                if (pool.withdraw(*work))
                    co_return tl::unexpected(pool.overloaded());
                queued = false;
            }
            auto const begun = work->begun();
            if (!begun && clock::now() >= deadline)
                co_return failed(errc::timed_out);
            if (begun)
                bell.expires_at(time_point::max());  // the worker has deadlines of its own
            else
                bell.expires_at(queued ? queue_end : deadline);
            auto const rung = co_await bell.async_wait(as_tuple);
            static_cast<void>(rung);
        }
    }
    pool.withdraw(*work);
    co_return failed(errc::cancelled);
}

}  // namespace pons::upstream::dimse
