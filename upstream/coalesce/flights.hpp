#pragma once

#include "upstream/archive.hpp"
#include "upstream/asio.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <exception>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace pons::upstream {

class flights;

/// One query on its way, and those who wait for its answer. Its members are guarded by the mutex of `flights`, except
/// where it says otherwise.
struct flight {
    /// One who waits: woken on the executor of its own worker.
    struct waiter {
        explicit waiter(executor on) : timer(on) {}
        steady_timer timer;
        bool landed = false;  // touched on its own executor only
    };

    flight(find_request what, executor where) : request(std::move(what)), on(where) {}

    find_request const request;
    executor const on;                    ///< of the worker whose archive is asked
    asio::cancellation_signal cancel;     ///< touched on `on` only
    std::vector<mapping::data_set> rows;  ///< written by the query; read, and given away, when it has landed
    std::optional<result<found>> how;     ///< there when it has landed
    std::exception_ptr thrown;            ///< instead of it
    std::list<std::shared_ptr<waiter>> waiting;
    std::size_t takers = 0;  ///< those who have not taken their rows
};

/// The queries of one source that are on their way.
///
/// Shared by all workers; a mutex guards it, held for a few instructions and never across a wait. There are never more
/// flights than requests that wait, which other limits bound.
class flights : public std::enable_shared_from_this<flights> {
public:
    /// One who waits for a flight, until it goes.
    class place {
    public:
        place(place&& other) noexcept = default;
        place& operator=(place&&) = delete;
        ~place() { forget(); }

        flight& of() const { return *of_; }
        std::shared_ptr<flight> const& shared() const { return of_; }
        flight::waiter& waiting() const { return *waiting_; }
        bool is_first() const { return first_; }  ///< the caller has to begin it

        /// Waits no more. The last one cancels the query.
        void leave();
        /// Gives the rows, when they have landed; the last one gets them uncopied.
        void take(row_sink& rows);

    private:
        friend class flights;
        place(std::shared_ptr<flights> in, std::shared_ptr<flight> of, executor here, bool first);
        bool forget();

        std::shared_ptr<flights> in_;
        std::shared_ptr<flight> of_;
        std::shared_ptr<flight::waiter> waiting_;
        bool first_;
    };

    /// A place in the flight of an equal request, or in a new one.
    place join(find_request const& request, executor here);

    /// The query has ended; wakes all who wait.
    void land(std::shared_ptr<flight> const& of, std::exception_ptr thrown, result<found> how);

    std::size_t size() const;

private:
    std::mutex mutable mutex_;
    std::list<std::shared_ptr<flight>> all_;
};

}  // namespace pons::upstream
