#pragma once

#include "upstream/archive.hpp"
#include "upstream/dimse/exchange.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace pons::upstream::dimse {

/// One C-FIND or C-ECHO between the coroutine that asks, on its executor, and the worker thread that talks to the
/// archive. Rows cross over in batches, at most about a megabyte at a time: the worker waits for a slow reader, and the
/// archive for the worker.
///
/// Shared by those two; locked briefly. The coroutine may leave at any moment.
class operation final : public asker, public std::enable_shared_from_this<operation> {
public:
    /// No `find`: C-ECHO.
    operation(executor home, time_point deadline, std::optional<find_command> find);

    time_point deadline() const { return deadline_; }
    std::optional<find_command> const& find() const { return find_; }

    // --- the coroutine ---------------------------------------------------------------------------------------------

    struct news {
        std::vector<mapping::data_set> rows;
        std::optional<result<found>> end;
    };

    /// What has come since the last call.
    news take();
    /// The timer to cancel when there are news; null: none waits. On `home` only.
    void bell(steady_timer* timer) { bell_ = timer; }
    /// Nobody waits any more: the query ends at the archive, and nothing is posted from here on.
    void leave() noexcept;

    // --- the worker ------------------------------------------------------------------------------------------------

    /// False when nobody waits any more. Until `detach`, `leave` and `stop` interrupt `by`.
    bool attach(interruption& by);
    void detach();
    bool row(mapping::data_set&& row, std::size_t size) override;
    void pause() override;
    void end(result<found> how) override;
    bool worth_draining() const override;

    // --- the pool --------------------------------------------------------------------------------------------------

    /// The source closes down: the worker gives up at once.
    void stop() noexcept;

private:
    void ring();

    executor const home_;
    time_point const deadline_;
    std::optional<find_command> const find_;
    steady_timer* bell_ = nullptr;

    std::mutex mutable mutex_;
    std::condition_variable read_;
    news unread_;
    std::size_t unread_size_ = 0;
    interruption* worker_ = nullptr;
    bool rung_ = false;
    bool ended_ = false;
    bool left_ = false;
    bool stopped_ = false;
};

}  // namespace pons::upstream::dimse
