#include "proxy/dimse/crossing.hpp"

namespace pons::proxy::dimse {

awaitable<void> coroutine_bell::wait()
{
    auto const here = co_await asio::this_coro::executor;
    steady_timer timer(here, time_point::max());
    {
        std::scoped_lock const lock(mutex_);
        if (std::exchange(rung_, false))
            co_return;
        home_.emplace(here);
        timer_ = &timer;
    }
    auto const ended = co_await timer.async_wait(as_tuple);
    static_cast<void>(ended);
    std::scoped_lock const lock(mutex_);
    timer_ = nullptr;
    home_.reset();
    rung_ = false;
}

void coroutine_bell::ring(std::shared_ptr<coroutine_bell> const& bell)
{
    std::scoped_lock const lock(bell->mutex_);
    if (std::exchange(bell->rung_, true) || !bell->home_)
        return;
    asio::post(*bell->home_, [bell] {
        std::scoped_lock const again(bell->mutex_);
        if (bell->timer_)
            bell->timer_->cancel();
    });
}

}  // namespace pons::proxy::dimse
