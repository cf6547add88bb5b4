#include "upstream/dimse/deliver.hpp"

#include "upstream/dimse/association_pool.hpp"

#include <algorithm>

namespace pons::upstream::dimse {

awaitable<delivery::ending> deliver(std::shared_ptr<delivery> what, association_pool& pool,
                                    config::source const& source, part_sink& parts, time_point deadline)
{
    auto const home = co_await asio::this_coro::executor;
    auto const cancellation = co_await asio::this_coro::cancellation_state;
    auto const queue_end = std::min(deadline, clock::now() + source.limits.queue);
    steady_timer bell(home);
    attendance const here(*what, bell);
    if (auto const accepted = pool.submit(what); !accepted)
        co_return delivery::ending{tl::unexpected(accepted.error())};

    bool queued = true;
    while (cancellation.cancelled() == asio::cancellation_type::none) {
        auto end = co_await what->hand_on(parts);
        if (end)
            co_return std::move(*end);
        if (queued && clock::now() >= queue_end) {
            if (pool.withdraw(*what))
                co_return delivery::ending{tl::unexpected(pool.overloaded())};
            queued = false;
        }
        auto const begun = what->begun();
        if (!begun && clock::now() >= deadline)
            co_return delivery::ending{fail(errc::timed_out, "source " + source.name)};
        if (begun)
            bell.expires_at(what->look_again());  // the worker has deadlines of its own
        else
            bell.expires_at(queued ? queue_end : deadline);
        auto const rung = co_await bell.async_wait(as_tuple);
        static_cast<void>(rung);
    }
    pool.withdraw(*what);
    co_return delivery::ending{fail(errc::cancelled, "source " + source.name)};
}

}  // namespace pons::upstream::dimse
