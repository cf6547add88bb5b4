#include "upstream/under_way.hpp"

namespace pons::upstream {

under_way::place under_way::enter(executor on, std::function<void()> end)
{
    auto entry = std::make_shared<one>(one{on, std::move(end)});
    std::scoped_lock const lock(mutex_);
    return {shared_from_this(), all_.insert(all_.begin(), std::move(entry))};
}

under_way::place::~place()
{
    if (!of_)
        return;
    (*at_)->end = nullptr;  // also if its end was posted already
    std::scoped_lock const lock(of_->mutex_);
    of_->all_.erase(at_);
}

void under_way::end_all()
{
    std::scoped_lock const lock(mutex_);
    for (auto const& entry : all_)
        asio::post(entry->on, [entry] {
            if (auto const end = std::exchange(entry->end, nullptr))
                end();
        });
}

std::size_t under_way::size() const
{
    std::scoped_lock const lock(mutex_);
    return all_.size();
}

}  // namespace pons::upstream
