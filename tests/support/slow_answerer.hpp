#pragma once

#include "mapping/result.hpp"
#include "upstream/asio.hpp"

#include <optional>
#include <stdexcept>
#include <vector>

namespace pons::test {

/// What answers when the test lets it: the base of those that others wait for. `Errc` has `cancelled`.
template <class Errc>
struct slow_answerer {
    unsigned cancelled = 0;  ///< waits that ended because nobody wanted their answer any more
    bool throws = false;
    std::optional<Errc> fails;

    /// Lets all pass who wait now.
    void release()
    {
        for (auto* const gate : waiting_)
            gate->cancel();
    }

protected:
    /// Waits for `release`, at most until `deadline`; then throws or fails as it is told to, naming `where`.
    /// Cancelling: `Errc::cancelled`, and counted.
    awaitable<result<void>> pass(time_point deadline, char const* where)
    {
        steady_timer gate(co_await asio::this_coro::executor, deadline);
        waiting_.push_back(&gate);
        co_await asio::this_coro::throw_if_cancelled(false);
        co_await gate.async_wait(as_tuple);
        std::erase(waiting_, &gate);
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            ++cancelled;
            co_return fail(Errc::cancelled);
        }
        if (throws)
            throw std::logic_error("a bug");
        if (fails)
            co_return fail(*fails, where);
        co_return result<void>();
    }

private:
    std::vector<steady_timer*> waiting_;
};

}  // namespace pons::test
