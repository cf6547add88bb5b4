#include "upstream/crosswalk/lookups.hpp"

#include "upstream/crosswalk/errc.hpp"

#include <boost/asio/post.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace pons::upstream {

lookups::place::place(std::shared_ptr<lookups> in, std::shared_ptr<lookup> of, executor here, bool first)
    : in_(std::move(in)), of_(std::move(of)), waiting_(std::make_shared<lookup::waiter>(here)), first_(first)
{
    of_->waiting.push_back(waiting_);
    ++of_->takers;
}

/// Whether nobody wants what is on its way.
bool lookups::place::forget()
{
    auto const in = std::exchange(in_, nullptr);
    if (!in)
        return false;
    std::scoped_lock const lock(in->mutex_);
    std::erase(of_->waiting, waiting_);
    if (--of_->takers != 0 || of_->how || of_->thrown)
        return false;
    // Whoever comes now must not wait for a lookup that ends.
    auto const at = in->flying_.find(of_->id);
    if (at != in->flying_.end() && at->second == of_)
        in->flying_.erase(at);
    return true;
}

void lookups::place::leave()
{
    if (forget())
        asio::post(of_->on, [of = of_] { of->cancel.emit(asio::cancellation_type::terminal); });
}

lookups::lookups(config::crosswalk const& settings, std::shared_ptr<crosswalk_counts> counts)
    : most_(settings.max_patients),
      time_(settings.time),
      unknown_time_(settings.unknown_time),
      counts_(std::move(counts))
{
}

std::optional<result<known_patient>> lookups::kept(std::string const& id, time_point now)
{
    std::scoped_lock const lock(mutex_);
    auto const at = by_id_.find(id);
    if (at == by_id_.end())
        return {};
    if (at->second->until <= now) {
        entries_.erase(at->second);
        by_id_.erase(at);
        return {};
    }
    entries_.splice(entries_.begin(), entries_, at->second);
    return at->second->what;
}

lookups::place lookups::join(std::string const& id, executor here)
{
    std::scoped_lock const lock(mutex_);
    auto const [at, fresh] = flying_.try_emplace(id);
    if (fresh)
        at->second = std::make_shared<lookup>(id, here);
    return {shared_from_this(), at->second, here, fresh};
}

void lookups::keep(std::string const& id, result<known_patient> const& what, time_point now)
{
    bool const unknown = !what && what.error().code == crosswalk_errc::unknown_patient;
    if (!what && !unknown)
        return;
    auto const time = unknown ? unknown_time_ : time_;
    if (time == clock::duration::zero())
        return;
    if (auto const at = by_id_.find(id); at != by_id_.end()) {
        entries_.erase(at->second);
        by_id_.erase(at);
    }
    entries_.push_front({id, what, now + time});
    by_id_.emplace(id, entries_.begin());
    while (entries_.size() > most_) {
        by_id_.erase(entries_.back().id);
        entries_.pop_back();
    }
}

void lookups::watch(result<known_patient> const& how)
{
    if (!how && how.error().code == crosswalk_errc::cancelled)
        return;
    bool const answered = how || how.error().code == crosswalk_errc::unknown_patient ||
                          how.error().code == crosswalk_errc::ambiguous_patient;
    if (answered != failing_)
        return;
    failing_ = !answered;
    if (answered)
        spdlog::info("the patient crosswalk answers again");
    else
        spdlog::warn("{}: {}; searches by Patient are refused until it answers", how.error().where,
                     how.error().code.message());
}

void lookups::land(std::shared_ptr<lookup> const& of, std::exception_ptr thrown, result<known_patient> how,
                   time_point now)
{
    std::list<std::shared_ptr<lookup::waiter>> waiting;
    {
        std::scoped_lock const lock(mutex_);
        if (auto const at = flying_.find(of->id); at != flying_.end() && at->second == of)
            flying_.erase(at);
        if (!thrown) {
            watch(how);
            keep(of->id, how, now);
        }
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

std::size_t lookups::size() const
{
    std::scoped_lock const lock(mutex_);
    return entries_.size();
}

}  // namespace pons::upstream
