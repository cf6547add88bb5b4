#include "upstream/coalesce/flights.hpp"

#include "upstream/memory_of.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace pons::upstream {

namespace {

/// When an answer goes that a search holds.
constexpr auto held = time_point::max();

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

flights::place flights::join(find_request const& request, executor here, accepts which)
{
    std::scoped_lock const lock(mutex_);
    drop_old();
    auto equal = all_.find(request);
    if (equal != all_.end() && (is_past(**equal) || (which == accepts::on_its_way && (*equal)->is_kept))) {
        all_.erase(equal);  // for those who come as well: what is asked for now will be younger
        equal = all_.end();
    }
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
    if (there == all_.end() || *there != of || (time.count() == 0 && of->holders == 0) || !make_room(bytes))
        return;
    of->is_kept = true;
    of->bytes = bytes;
    of->landed_at = now_();
    of->shown_until = of->landed_at + time;
    of->ending = endings_.emplace(of->holders != 0 ? held : of->shown_until, of);
    bytes_ += bytes;
}

bool flights::make_room(std::uint64_t bytes)
{
    drop_old();
    while (!endings_.empty() && endings_.begin()->first != held && bytes_ + bytes > most_.size)
        drop(*endings_.begin()->second);
    return bytes_ + bytes <= most_.size;
}

void flights::end_at(flight& kept, time_point when)
{
    auto entry = endings_.extract(kept.ending);
    entry.key() = when;
    kept.ending = endings_.insert(std::move(entry));
}

void flights::hold(flight& of)
{
    std::scoped_lock const lock(mutex_);
    if (of.holders++ == 0 && of.is_kept)
        end_at(of, held);
}

void flights::release(flight& of, bool awaited) noexcept
{
    std::scoped_lock const lock(mutex_);
    --of.holders;
    if (!of.is_kept)
        return;
    try {
        if (awaited)
            show_again(of);
    } catch (...) {  // the one who comes back asks the archive again
    }
    if (of.holders == 0)
        end_at(of, of.shown_until);
}

/// The equal one that is there, or on its way, came later: it is the better one.
void flights::show_again(flight& of)
{
    auto const there = all_.find(of.request);
    auto& best = there != all_.end() ? **there : of;
    if (!best.is_kept) {
        best.is_awaited_later = true;
        return;
    }
    auto const until = std::min(now_() + most_.awaited_time, best.landed_at + most_.longest_time);
    best.shown_until = std::max(best.shown_until, until);
    if (best.holders == 0)
        end_at(best, best.shown_until);
    if (there == all_.end() && now_() < best.shown_until)
        all_.insert(of.ending->second);
}

void flights::drop_old()
{
    auto const now = now_();
    while (!endings_.empty() && endings_.begin()->first <= now)
        drop(*endings_.begin()->second);
}

void flights::drop(flight& kept)
{
    auto const lives_until_here = kept.ending->second;
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
    for (auto const& [when, one] : endings_)
        one->is_kept = false;
    all_.clear();
    endings_.clear();
    bytes_ = 0;
}

/// Only a search that has used it still holds it.
bool flights::is_past(flight const& one) const
{
    return one.is_kept && one.shown_until <= now_();
}

flights::state flights::state_of(find_request const& request) const
{
    std::scoped_lock const lock(mutex_);
    auto const equal = all_.find(request);
    if (equal == all_.end())
        return state::none;
    return is_past(**equal) ? state::none : (*equal)->is_kept ? state::kept : state::on_its_way;
}

std::size_t flights::size() const
{
    std::scoped_lock const lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count_if(all_, [](auto const& one) { return !one->is_kept; }));
}

std::uint64_t flights::bytes() const
{
    std::scoped_lock const lock(mutex_);
    return bytes_;
}

}  // namespace pons::upstream
