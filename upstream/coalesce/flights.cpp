#include "upstream/coalesce/flights.hpp"

#include <algorithm>
#include <utility>

namespace pons::upstream {

flights::place::place(std::shared_ptr<flights> in, std::shared_ptr<flight> of, executor here, bool first)
    : in_(std::move(in)), of_(std::move(of)), waiting_(std::make_shared<flight::waiter>(here)), first_(first)
{
    of_->waiting.push_back(waiting_);
    ++of_->takers;
}

/// Whether nobody wants what is on its way.
bool flights::place::forget()
{
    auto const in = std::exchange(in_, nullptr);
    if (!in)
        return false;
    std::scoped_lock const lock(in->mutex_);
    std::erase(of_->waiting, waiting_);
    // Whoever comes now must not wait for a query that ends.
    return --of_->takers == 0 && in->all_.remove(of_) != 0;
}

void flights::place::leave()
{
    if (forget())
        asio::post(of_->on, [of = of_] { of->cancel.emit(asio::cancellation_type::terminal); });
}

void flights::place::take(row_sink& rows)
{
    bool is_last = false;
    {
        // Those who take at the same time all copy: each one who still reads keeps the others from being the last.
        std::scoped_lock const lock(in_->mutex_);
        is_last = of_->takers == 1;
    }
    for (auto& row : of_->rows)
        rows.row(is_last ? std::move(row) : mapping::data_set(row));
    forget();
}

flights::place flights::join(find_request const& request, executor here)
{
    std::scoped_lock const lock(mutex_);
    auto const equal = std::ranges::find_if(all_, [&](auto const& f) { return f->request == request; });
    bool const first = equal == all_.end();
    auto const of = first ? all_.emplace_back(std::make_shared<flight>(request, here)) : *equal;
    return {shared_from_this(), of, here, first};
}

void flights::land(std::shared_ptr<flight> const& of, std::exception_ptr thrown, result<found> how)
{
    std::list<std::shared_ptr<flight::waiter>> waiting;
    {
        std::scoped_lock const lock(mutex_);
        all_.remove(of);
        of->thrown = std::move(thrown);
        of->how = std::move(how);
        waiting.swap(of->waiting);
    }
    for (auto& one : waiting) {
        auto const where = one->timer.get_executor();
        asio::post(where, [one = std::move(one)] {
            one->landed = true;
            one->timer.cancel();
        });
    }
}

std::size_t flights::size() const
{
    std::scoped_lock const lock(mutex_);
    return all_.size();
}

}  // namespace pons::upstream
