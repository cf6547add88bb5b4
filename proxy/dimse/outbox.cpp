#include "proxy/dimse/outbox.hpp"

#include <utility>

namespace pons::proxy::dimse {

bool outbox::post(notice& one)
{
    std::scoped_lock const lock(mutex_);
    if (closed_)
        return false;
    notices_.push_back(std::move(one));
    bell_.request();
    return true;
}

std::optional<notice> outbox::take()
{
    std::scoped_lock const lock(mutex_);
    if (notices_.empty()) {
        bell_.reset();
        return {};
    }
    std::optional<notice> first(std::move(notices_.front()));
    notices_.pop_front();
    return first;
}

void outbox::close()
{
    std::deque<notice> left;
    {
        std::scoped_lock const lock(mutex_);
        closed_ = true;
        left.swap(notices_);
    }
    for (auto const& one : left)
        if (one.told)
            one.told(false);
}

}  // namespace pons::proxy::dimse
