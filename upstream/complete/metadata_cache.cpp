#include "upstream/complete/metadata_cache.hpp"

#include "upstream/memory_of.hpp"

#include <algorithm>
#include <utility>

namespace pons::upstream {

namespace tags = mapping::tags;

namespace {

/// Of what holds an instance in the tables.
constexpr std::uint64_t per_instance = 384;

}  // namespace

metadata_cache::metadata_cache(bounds most, std::function<time_point()> now) : most_(most), now_(std::move(now)) {}

bool metadata_cache::may_hold(retrieve_request const& what)
{
    std::list<study> gone;
    std::scoped_lock const lock(mutex_);
    gone = drop_old();
    auto const at = by_uid_.find(what.study_instance_uid);
    if (at == by_uid_.end())
        return false;
    auto const& held = *at->second;
    if (!what.sop_instance_uid.empty())
        return held.instances.contains(what.sop_instance_uid);
    return what.series_instance_uid.empty() || held.series.contains(what.series_instance_uid);
}

metadata_cache::data_sets metadata_cache::find(std::string const& uid, std::vector<std::string> const& instances)
{
    data_sets all;
    auto const now = now_();
    std::scoped_lock const lock(mutex_);
    auto const at = by_uid_.find(uid);
    if (at == by_uid_.end())
        return all;
    auto const& held = *use(uid);
    all.reserve(instances.size());
    for (auto const& one : instances) {
        auto const kept = held.instances.find(one);
        if (kept == held.instances.end() || kept->second.until <= now)
            return {};
        all.push_back(kept->second.row);
    }
    return all;
}

void metadata_cache::forget()
{
    std::list<study> gone;
    std::scoped_lock const lock(mutex_);
    while (!studies_.empty())
        drop(studies_.begin(), gone);
}

std::uint64_t metadata_cache::bytes() const
{
    std::scoped_lock const lock(mutex_);
    return bytes_;
}

std::list<metadata_cache::study> metadata_cache::drop_old()
{
    std::list<study> gone;
    auto const now = now_();
    for (auto at = studies_.begin(); at != studies_.end();) {
        auto const one = at++;
        if (one->until <= now)
            drop(one, gone);
    }
    return gone;
}

void metadata_cache::drop(place one, std::list<study>& gone)
{
    bytes_ -= one->bytes;
    by_uid_.erase(one->uid);
    gone.splice(gone.end(), studies_, one);
}

/// To the front, made if it is not there.
metadata_cache::place metadata_cache::use(std::string const& uid)
{
    auto const at = by_uid_.find(uid);
    if (at != by_uid_.end()) {
        studies_.splice(studies_.begin(), studies_, at->second);
    } else {
        studies_.emplace_front().uid = uid;
        by_uid_.emplace(uid, studies_.begin());
    }
    return studies_.begin();
}

bool metadata_cache::reserve(std::uint64_t bytes)
{
    if (bytes > most_.size)
        return false;
    std::list<study> gone;
    std::scoped_lock const lock(mutex_);
    while (bytes_ + bytes > most_.size && !studies_.empty())
        drop(std::prev(studies_.end()), gone);
    if (bytes_ + bytes > most_.size)
        return false;
    bytes_ += bytes;
    return true;
}

void metadata_cache::give_back(std::uint64_t bytes)
{
    std::scoped_lock const lock(mutex_);
    bytes_ -= bytes;
}

void metadata_cache::keep(gathering& all)
{
    std::list<study> gone;
    std::scoped_lock const lock(mutex_);
    gone = drop_old();
    auto& held = *use(all.what_.study_instance_uid);
    auto const until = now_() + most_.time;
    held.until = std::max(held.until, until);
    for (auto& [uid, one] : all.all_) {
        auto& kept = held.instances[uid];
        held.bytes += one.bytes - kept.bytes;
        bytes_ -= kept.bytes;
        kept = {std::move(one.row), one.bytes, until};
        if (!one.series.empty())
            held.series.insert(std::move(one.series));
    }
}

metadata_cache::gathering::gathering(metadata_cache& to, retrieve_request const& what)
    : to_(to), what_(what), over_(to.most_.size == 0)
{
}

void metadata_cache::gathering::add(mapping::data_set const& row)
{
    if (over_)
        return;
    auto const is = [&](mapping::tag t, std::string const& uid) {
        return uid.empty() || row.text(t).empty() || row.text(t) == uid;
    };
    std::string uid(row.text(tags::SOPInstanceUID));
    auto const bytes = memory_of(row) + per_instance;
    if (uid.empty() || !is(tags::StudyInstanceUID, what_.study_instance_uid) ||
        !is(tags::SeriesInstanceUID, what_.series_instance_uid) || !to_.reserve(bytes)) {
        give_up();
        return;
    }
    bytes_ += bytes;
    std::string series(row.text(tags::SeriesInstanceUID));
    if (series.empty())
        series = what_.series_instance_uid;
    one kept{std::move(series), std::make_shared<mapping::data_set const>(row), bytes};
    if (!all_.emplace(std::move(uid), std::move(kept)).second)
        give_up();
}

void metadata_cache::gathering::keep(std::unordered_set<std::string> const& instances)
{
    bool fits = !over_ && all_.size() == instances.size();
    for (auto const& uid : instances)
        fits = fits && all_.contains(uid);
    if (!fits || all_.empty()) {
        give_up();
        return;
    }
    to_.keep(*this);
    bytes_ = 0;
    give_up();
}

void metadata_cache::gathering::give_up()
{
    over_ = true;
    all_.clear();
    if (bytes_ != 0)
        to_.give_back(std::exchange(bytes_, 0));
}

}  // namespace pons::upstream
