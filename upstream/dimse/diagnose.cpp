#include "upstream/dimse/diagnose.hpp"

#include "upstream/dimse/examination.hpp"

#include <boost/asio/post.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace pons::upstream::dimse {

namespace {

/// Between the thread and the coroutine that waits for it.
struct hand_over {
    executor home;
    steady_timer* bell = nullptr;  // on home only
    std::mutex mutex;
    bool left = false;
    std::optional<std::vector<stage>> stages;
};

/// The thread of one diagnosis; ends it however the coroutine ends.
class examiner {
public:
    examiner(config::source const& source, config::address const& listen, time_point deadline,
             std::shared_ptr<hand_over> to)
        : to_(std::move(to)), thread_([this, &source, &listen, deadline] { work(source, listen, deadline); })
    {
    }

    examiner(examiner const&) = delete;
    examiner& operator=(examiner const&) = delete;

    ~examiner()
    {
        to_->bell = nullptr;
        {
            std::scoped_lock const lock(to_->mutex);
            to_->left = true;
        }
        stop_.request();
    }

    std::optional<std::vector<stage>> take()
    {
        std::scoped_lock const lock(to_->mutex);
        return std::exchange(to_->stages, {});
    }

    void stop() { stop_.request(); }

private:
    void work(config::source const& source, config::address const& listen, time_point deadline)
    {
        auto stages = examine(source, listen, deadline, stop_);
        std::scoped_lock const lock(to_->mutex);
        to_->stages = std::move(stages);
        if (!to_->left)
            asio::post(to_->home, [to = to_] {
                if (to->bell)
                    to->bell->cancel();
            });
    }

    std::shared_ptr<hand_over> to_;
    interruption stop_;
    std::jthread thread_;  // last: it ends before the others go
};

}  // namespace

awaitable<std::vector<stage>> diagnose(config::source source, config::address listen, time_point deadline)
{
    auto const home = co_await asio::this_coro::executor;
    auto const cancellation = co_await asio::this_coro::cancellation_state;
    steady_timer bell(home);
    auto const shared = std::make_shared<hand_over>(home, &bell);
    examiner at_work(source, listen, deadline, shared);
    for (;;) {
        if (auto stages = at_work.take())
            co_return std::move(*stages);
        if (cancellation.cancelled() != asio::cancellation_type::none) {
            at_work.stop();
            co_return std::vector<stage>();
        }
        bell.expires_at(time_point::max());
        auto const rung = co_await bell.async_wait(as_tuple);
        static_cast<void>(rung);
    }
}

}  // namespace pons::upstream::dimse
