#pragma once

#include "proxy/render/renderer.hpp"
#include "upstream/asio.hpp"
#include "upstream/dimse/wire/waiting.hpp"
#include "upstream/errc.hpp"
#include "upstream/search/source.hpp"
#include "upstream/worklist.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/executor_work_guard.hpp>

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace pons::proxy::dimse {

/// How something on the bridge ended, for the thread that waits: shared by that and the bridge's.
template <class T>
class outcome {
public:
    explicit outcome(upstream::dimse::interruption& news) : news_(news) {}

    void end(result<T> how)
    {
        std::scoped_lock const lock(mutex_);
        if (how_)
            return;
        how_.emplace(std::move(how));
        news_.request();
        ended_.notify_all();
    }
    bool there() const
    {
        std::scoped_lock const lock(mutex_);
        return how_.has_value();
    }
    result<T> wait()
    {
        std::unique_lock lock(mutex_);
        ended_.wait(lock, [this] { return how_.has_value(); });
        return *how_;
    }

    asio::cancellation_signal cancel;  ///< on the bridge's thread only

private:
    upstream::dimse::interruption& news_;
    std::mutex mutable mutex_;
    std::condition_variable ended_;
    std::optional<result<T>> how_;
};

/// Where the archives of the DICOM provider live: one thread with one io_context, shared by all associations, so that
/// connections to archives are kept from one to the next. Associations' threads block; what they want of an archive
/// runs here as a coroutine.
class bridge {
public:
    using archives = std::vector<upstream::searched_source>;

    using make_renderer = std::function<std::shared_ptr<render::renderer>(executor)>;

    using make_worklists = std::function<std::vector<upstream::named_worklist>()>;

    /// All are called once, on the bridge's thread, and what they made ends there. Without a renderer no pixels are
    /// decoded.
    explicit bridge(std::function<archives()> make, make_renderer make_decoder = {},
                    make_worklists make_more_worklists = {});
    ~bridge();  ///< as `stop`
    bridge(bridge const&) = delete;
    bridge& operator=(bridge const&) = delete;

    /// Ends the thread and the archives, a tenth of a second later at most. Nothing may run any more: the acceptor has
    /// stopped.
    void stop();

    /// `what` is called when it is to stop, before anything ends: by whoever works here for no association. By any
    /// thread.
    void before_stop(std::function<void()> what);

    /// Something that runs on the bridge for one association. The end of a task waits for the end of what runs, which
    /// may therefore use whatever outlives the task.
    template <class T>
    class task {
    public:
        task(task&& other) noexcept = default;
        task& operator=(task&&) = delete;
        ~task()
        {
            if (!how_)
                return;
            cancel();
            static_cast<void>(how_->wait());
        }

        bool ended() const { return how_->there(); }
        /// How it ended; waits until it has.
        result<T> wait() { return how_->wait(); }
        /// Ends it early, by terminal cancellation: the archives end what they do for it (C-CANCEL, or a closed
        /// connection), and the outcome is errc::cancelled unless it was there before.
        void cancel()
        {
            asio::post(on_, [how = how_] { how->cancel.emit(asio::cancellation_type::terminal); });
        }

    private:
        friend class bridge;
        task(executor on, std::shared_ptr<outcome<T>> how) : on_(std::move(on)), how_(std::move(how)) {}

        executor on_;
        std::shared_ptr<outcome<T>> how_;
    };

    /// Runs `work(archives&)`, which gives awaitable<result<T>>, on the bridge; `news` is rung when it has ended. All
    /// waiting in it must have a deadline. It is destroyed, with what it has captured, on the bridge, maybe a moment
    /// after the task.
    template <class T, class F>
    task<T> begin(upstream::dimse::interruption& news, F work)
    {
        auto how = std::make_shared<outcome<T>>(news);
        asio::post(context_, [this, how, work = std::move(work)]() mutable {
            auto const done = [how](std::exception_ptr error) {
                if (error)
                    how->end(tl::unexpected(to_failure(error)));
            };
            asio::co_spawn(context_, run<T>(how, std::move(work), archives_),
                           asio::bind_cancellation_slot(how->cancel.slot(), done));
        });
        return task<T>(context_.get_executor(), std::move(how));
    }

    /// Those of `all` that are named, in the order of the names.
    static std::vector<upstream::searched_source*> choose(archives& all, std::vector<std::string_view> const& names);

    /// On the bridge's thread; null: there is none.
    std::shared_ptr<render::renderer> const& renderer() const { return renderer_; }
    /// On the bridge's thread: those that are no source's.
    std::vector<upstream::named_worklist> const& worklists() const { return worklists_; }

private:
    template <class T, class F>
    static awaitable<void> run(std::shared_ptr<outcome<T>> how, F work, archives& all)
    {
        result<T> done = co_await work(all);
        how->end(std::move(done));
    }

    /// A cancellation that came as an exception; anything else is a bug, and is told in the log.
    static failure to_failure(std::exception_ptr const& error);

    asio::io_context context_{1};
    std::optional<asio::executor_work_guard<executor>> work_;
    archives archives_;  // of the thread, as the next
    std::shared_ptr<render::renderer> renderer_;
    std::vector<upstream::named_worklist> worklists_;
    std::mutex mutex_;
    std::vector<std::function<void()>> before_stop_;
    std::thread thread_;
};

}  // namespace pons::proxy::dimse
