#include "upstream/coalesce/flights.hpp"

#include <utility>

namespace pons::upstream {

flights::place::place(std::shared_ptr<flights> in, std::shared_ptr<flight> of, executor here, bool first)
    : in_(std::move(in)), of_(std::move(of)), waiting_(std::make_shared<flight::waiter>(here)), first_(first)
{
    ++of_->takers;
    if (of_->how)
        waiting_->landed = true;
    else
        of_->waiting.push_back(waiting_);
}

/// Whether nobody wants what is on its way.
bool flights::place::forget()
{
    auto const in = std::exchange(in_, nullptr);
    if (!in)
        return false;
    std::scoped_lock const lock(in->mutex_);
    std::erase(of_->waiting, waiting_);
    bool const is_last = --of_->takers == 0;
    if (!is_last || of_->how || of_->thrown || of_->is_awaited_later)
        return false;
    // Whoever comes now must not wait for a query that ends.
    in->take_out(*of_);
    return true;
}

void flights::place::leave()
{
    if (forget())
        asio::post(of_->on, [of = of_] { of->cancel.emit(asio::cancellation_type::terminal); });
}

bool flights::place::leave_for_later()
{
    bool const is_kept = in_->most_.size != 0;
    if (is_kept) {
        std::scoped_lock const lock(in_->mutex_);
        of_->is_awaited_later = true;
    }
    leave();
    return is_kept;
}

void flights::place::take(row_sink& rows)
{
    bool is_last = false;
    {
        // Those who take at the same time all copy: each one who still reads keeps the others from being the last.
        std::scoped_lock const lock(in_->mutex_);
        is_last = of_->takers == 1 && !of_->is_kept;
    }
    for (auto& row : of_->rows)
        rows.row(is_last ? std::move(row) : mapping::data_set(row));
    forget();
}

}  // namespace pons::upstream
