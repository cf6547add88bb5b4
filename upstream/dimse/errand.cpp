#include "upstream/dimse/errand.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace pons::upstream::dimse {

void errand::leave() noexcept
{
    bell_ = nullptr;
    {
        std::scoped_lock const lock(telling_);
        listens_ = false;
    }
    std::scoped_lock const lock(mutex_);
    left_ = true;
    drop_unread();
    if (!ended_)
        interrupt_worker();
    read_.notify_all();
}

void errand::stop() noexcept
{
    std::scoped_lock const lock(mutex_);
    stopped_ = true;
    interrupt_worker();
    read_.notify_all();
}

bool errand::attach(interruption& by)
{
    std::scoped_lock const lock(mutex_);
    worker_ = &by;
    if (stopped_)
        by.request();
    return !left_;
}

void errand::detach()
{
    std::scoped_lock const lock(mutex_);
    worker_ = nullptr;
}

void errand::interrupt_worker() noexcept
{
    if (worker_)
        worker_->request();
}

// As long as the coroutine has not left, its io_context is there to be posted to.
void errand::ring()
{
    if (must_tell())
        post_bell();
}

bool errand::must_tell()
{
    return !left_ && !std::exchange(rung_, true);
}

void errand::tell()
{
    std::scoped_lock const lock(telling_);
    if (listens_)
        post_bell();
}

void errand::post_bell()
{
    asio::post(home_, [self = shared_from_this()] {
        if (self->bell_)
            self->bell_->cancel();
    });
}

}  // namespace pons::upstream::dimse
