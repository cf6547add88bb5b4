#include "upstream/coalesce/flights.hpp"

#include "upstream/memory_of.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace pons::upstream {

namespace {

/// Of what holds an answer in the tables, its request included.
constexpr std::uint64_t per_answer = 1024;

std::uint64_t memory_of_rows(std::vector<mapping::data_set> const& rows)
{
    std::uint64_t bytes = per_answer;
    for (auto const& row : rows)
        bytes += memory_of(row);
    return bytes;
}

}  // namespace

flights::flights(answer_bounds most, std::function<time_point()> now) : most_(most), now_(std::move(now)) {}

std::size_t flights::by_request::operator()(find_request const& r) const
{
    std::size_t all = static_cast<std::size_t>(r.at) + r.max_rows;
    auto const mix = [&](std::size_t one) { all = (all ^ one) * 0x9E3779B97F4A7C15u; };
    for (auto const& k : r.keys) {
        mix(static_cast<std::uint32_t>(k.attribute));
        for (auto const& value : k.values)
            mix(std::hash<std::string>{}(value));
    }
    return all;
}

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

flights::place flights::join(find_request const& request, executor here)
{
    std::scoped_lock const lock(mutex_);
    drop_old();
    auto const equal = all_.find(request);
    bool const first = equal == all_.end();
    auto const of = first ? *all_.insert(std::make_shared<flight>(request, here)).first : *equal;
    return {shared_from_this(), of, here, first};
}

void flights::land(std::shared_ptr<flight> const& of, std::exception_ptr thrown, result<found> how)
{
    std::list<std::shared_ptr<flight::waiter>> waiting;
    bool const is_answer = !thrown && how && most_.size != 0;
    auto const bytes = is_answer ? memory_of_rows(of->rows) : 0;
    {
        std::scoped_lock const lock(mutex_);
        of->thrown = std::move(thrown);
        of->how = std::move(how);
        waiting.swap(of->waiting);
        if (is_answer && bytes <= most_.size)
            keep(of, bytes);
        if (!of->is_kept)
            take_out(*of);
    }
    for (auto& one : waiting) {
        auto const where = one->timer.get_executor();
        asio::post(where, [one = std::move(one)] {
            one->landed = true;
            one->timer.cancel();
        });
    }
}

/// Unless it is no longer there for those who come, since the archive changed while it was on its way.
void flights::keep(std::shared_ptr<flight> const& of, std::uint64_t bytes)
{
    auto const there = all_.find(of->request);
    auto const usual = of->rows.empty() ? most_.empty_time : most_.time;
    auto const time = of->is_awaited_later ? std::max(usual, most_.awaited_time) : usual;
    if (there == all_.end() || *there != of || time.count() == 0)
        return;
    drop_old();
    while (!endings_.empty() && bytes_ + bytes > most_.size)
        drop(*endings_.begin()->second);
    of->is_kept = true;
    of->bytes = bytes;
    of->ending = endings_.emplace(now_() + time, of.get());
    bytes_ += bytes;
}

void flights::drop_old()
{
    auto const now = now_();
    while (!endings_.empty() && endings_.begin()->first <= now)
        drop(*endings_.begin()->second);
}

void flights::drop(flight& kept)
{
    kept.is_kept = false;
    bytes_ -= kept.bytes;
    endings_.erase(kept.ending);
    take_out(kept);
}

void flights::take_out(flight const& one)
{
    auto const there = all_.find(one.request);
    if (there != all_.end() && there->get() == &one)
        all_.erase(there);
}

void flights::forget_answers()
{
    std::scoped_lock const lock(mutex_);
    for (auto const& one : all_)
        one->is_kept = false;
    all_.clear();
    endings_.clear();
    bytes_ = 0;
}

flights::state flights::state_of(find_request const& request) const
{
    std::scoped_lock const lock(mutex_);
    auto const equal = all_.find(request);
    if (equal == all_.end())
        return state::none;
    bool const is_old = (*equal)->is_kept && (*equal)->ending->first <= now_();
    return is_old ? state::none : (*equal)->is_kept ? state::kept : state::on_its_way;
}

std::size_t flights::size() const
{
    std::scoped_lock const lock(mutex_);
    return all_.size() - endings_.size();
}

std::uint64_t flights::bytes() const
{
    std::scoped_lock const lock(mutex_);
    return bytes_;
}

}  // namespace pons::upstream
