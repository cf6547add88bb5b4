#include "upstream/dimse/operation.hpp"

#include <boost/asio/post.hpp>

namespace pons::upstream::dimse {

namespace {

constexpr std::size_t most_unread = 1 << 20;
constexpr std::size_t batch = 32;
constexpr std::size_t cost_of_a_row = 512;  // what a row takes beyond its bytes

}  // namespace

operation::operation(executor home, time_point deadline, std::optional<find_command> find)
    : home_(std::move(home)), deadline_(deadline), find_(std::move(find))
{
}

operation::news operation::take()
{
    std::scoped_lock const lock(mutex_);
    rung_ = false;
    unread_size_ = 0;
    read_.notify_one();
    return std::exchange(unread_, {});
}

void operation::leave() noexcept
{
    bell_ = nullptr;
    std::scoped_lock const lock(mutex_);
    left_ = true;
    unread_ = {};
    if (worker_ && !ended_)  // after the end the worker may still be tidying up, and shall
        worker_->request();
    read_.notify_one();
}

void operation::stop() noexcept
{
    std::scoped_lock const lock(mutex_);
    stopped_ = true;
    if (worker_)
        worker_->request();
    read_.notify_one();
}

bool operation::worth_draining() const
{
    std::scoped_lock const lock(mutex_);
    return !stopped_;
}

bool operation::attach(interruption& by)
{
    std::scoped_lock const lock(mutex_);
    worker_ = &by;
    if (stopped_)
        by.request();
    return !left_;
}

void operation::detach()
{
    std::scoped_lock const lock(mutex_);
    worker_ = nullptr;
}

bool operation::row(mapping::data_set&& row, std::size_t size)
{
    std::unique_lock lock(mutex_);
    auto const go_on = [&] { return left_ || stopped_ || unread_size_ < most_unread; };
    if (!go_on()) {
        ring();
        read_.wait_until(lock, deadline_, go_on);
    }
    if (left_ || stopped_)
        return false;
    unread_.rows.push_back(std::move(row));
    unread_size_ += size + cost_of_a_row;
    if (unread_.rows.size() >= batch)
        ring();
    return true;
}

void operation::pause()
{
    std::scoped_lock const lock(mutex_);
    if (!unread_.rows.empty())
        ring();
}

void operation::end(result<found> how)
{
    std::scoped_lock const lock(mutex_);
    ended_ = true;
    if (left_)
        return;
    unread_.end = std::move(how);
    ring();
}

// With the lock held: as long as the coroutine has not left, its io_context is there to be posted to.
void operation::ring()
{
    if (rung_ || left_)
        return;
    rung_ = true;
    asio::post(home_, [self = shared_from_this()] {
        if (self->bell_)
            self->bell_->cancel();
    });
}

}  // namespace pons::upstream::dimse
