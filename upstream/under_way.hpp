#pragma once

#include "upstream/asio.hpp"

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

namespace pons::upstream {

/// What is under way at a source and ends when it is switched off: operations that run or wait in its queue, and
/// connections, all workers together.
///
/// Shared: one object per source; a mutex guards it, held for as long as it takes to enter, to leave or to post, and
/// never across a wait. Contexts must live until their places are gone.
class under_way : public std::enable_shared_from_this<under_way> {
    struct one {
        executor on;
        std::function<void()> end;  // touched on `on` only
    };
    using all = std::list<std::shared_ptr<one>>;

public:
    /// Is among them until it goes, which it does on its executor, or when that runs no more.
    class place {
    public:
        place(place&& other) noexcept : of_(std::exchange(other.of_, nullptr)), at_(other.at_) {}
        place& operator=(place&&) = delete;
        ~place();

    private:
        friend class under_way;
        place(std::shared_ptr<under_way> of, all::iterator at) : of_(std::move(of)), at_(at) {}

        std::shared_ptr<under_way> of_;
        all::iterator at_;
    };

    /// `end` is called on `on`, once, when all of them are ended before the place goes. It may throw nothing.
    place enter(executor on, std::function<void()> end);

    /// Ends what has entered so far, the last first: an operation before the connection that it uses again. Any thread;
    /// does not wait for it.
    void end_all();

    std::size_t size() const;

private:
    std::mutex mutable mutex_;
    all all_;
};

}  // namespace pons::upstream
