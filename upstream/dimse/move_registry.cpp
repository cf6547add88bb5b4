#include "upstream/dimse/move_registry.hpp"

#include "upstream/dimse/wire/connect.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <random>

namespace pons::upstream::dimse {

namespace {

constexpr std::uint32_t fewest_places = 16;
constexpr std::size_t most_addresses = 16;  // of a source whose name means several, or changes
constexpr std::uint32_t all_ids = std::numeric_limits<std::uint16_t>::max();  // 1..65535

std::uint16_t after(std::uint16_t id)
{
    return id == all_ids ? std::uint16_t{1} : static_cast<std::uint16_t>(id + 1);
}

/// How well an instance fits what was asked for: by its own UID, where that was asked for or is expected; by study; it
/// cannot be told; it is of another study or series, or another instance.
enum class fit { by_instance, by_study, unknown, other };

/// Not always the same, so that what a process before us has asked for is not taken for ours.
std::uint16_t any_id()
{
    std::random_device device;
    return static_cast<std::uint16_t>(std::uniform_int_distribution<unsigned>(1, all_ids)(device));
}

}  // namespace

waiting_move::waiting_move(std::uint16_t message_id, config::source const& source, retrieve_request what,
                           std::vector<std::string> const& expected, std::shared_ptr<instance_taker> taker,
                           std::function<void()> news)
    : message_id_(message_id),
      source_(source.name),
      store_ae_(source.store_ae),
      archive_ae_(source.called_ae),
      our_ae_(source.calling_ae),
      what_(std::move(what)),
      expected_(expected.begin(), expected.end()),
      taker_(std::move(taker)),
      news_(std::move(news)),
      missing_(expected_)
{
    progress_.last = clock::now();
}

waiting_move::part waiting_move::begin()
{
    std::scoped_lock const lock(mutex_);
    if (closed_)
        return part(nullptr);
    ++progress_.under_way;
    progress_.last = clock::now();
    return part(this);
}

waiting_move::part::~part()
{
    if (!of_)
        return;
    {
        std::scoped_lock const lock(of_->mutex_);
        --of_->progress_.under_way;
        of_->progress_.broken = of_->progress_.broken || !delivered_;
        of_->progress_.last = clock::now();
    }
    of_->news_();
}

void waiting_move::part::delivered(std::string const& sop_instance_uid)
{
    std::scoped_lock const lock(of_->mutex_);
    delivered_ = true;
    ++of_->progress_.delivered;
    of_->seen_.insert(std::hash<std::string>()(sop_instance_uid));
    of_->progress_.different = of_->seen_.size();
    of_->missing_.erase(sop_instance_uid);
    of_->progress_.complete = !of_->expected_.empty() && of_->missing_.empty();
}

waiting_move::progress waiting_move::now() const
{
    std::scoped_lock const lock(mutex_);
    return progress_;
}

void waiting_move::prefer(std::string transfer_syntax)
{
    std::scoped_lock const lock(mutex_);
    preferred_ = std::move(transfer_syntax);
}

waiting_move::negotiated waiting_move::associations() const
{
    std::scoped_lock const lock(mutex_);
    return negotiated_;
}

move_registry::move_registry(std::span<config::source const> sources)
    : titles_([&] {
          std::vector<archive_titles> titles;
          for (auto const& source : sources)
              if (source.kind == config::source_kind::dimse)
                  titles.push_back({source.name, source.called_ae, source.store_ae, source.calling_ae,
                                    std::max(fewest_places, 2 * source.limits.associations)});
          return titles;
      }()),
      first_id_(any_id()),
      next_id_(first_id_)
{
    for (auto const& source : sources)
        if (source.kind == config::source_kind::dimse)
            habits_[source.name].addresses.push_back(usual_form(source.host));
}

result<std::shared_ptr<waiting_move>> move_registry::enter(config::source const& source, retrieve_request const& what,
                                                           std::vector<std::string> const& expected,
                                                           std::shared_ptr<instance_taker> taker,
                                                           std::function<void()> news)
{
    std::scoped_lock const lock(mutex_);
    if (waiting_.size() == all_ids)
        return fail(errc::overloaded, "source " + source.name, std::chrono::seconds(1));
    std::uint16_t id = 0;
    do {
        id = next_id_;
        next_id_ = after(id);
        given_ = std::min(given_ + 1, all_ids);
    } while (waiting_.contains(id));
    auto made = std::make_shared<waiting_move>(id, source, what, expected, std::move(taker), std::move(news));
    waiting_.emplace(id, made);
    return made;
}

void move_registry::leave(waiting_move& move)
{
    {
        std::scoped_lock const lock(mutex_);
        waiting_.erase(move.message_id());
    }
    std::scoped_lock const lock(move.mutex_);
    move.closed_ = true;
}

bool move_registry::is_ours(std::string const& ae) const
{
    return std::ranges::find(titles_, ae, &archive_titles::our_ae) != titles_.end();
}

/// Some archives tell an id of their own making, which says nothing; one that we have given belongs to that C-MOVE
/// alone.
bool move_registry::was_given(std::uint16_t id) const
{
    return (id + all_ids - first_id_) % all_ids < given_;
}

std::string move_registry::opened(std::string const& called_ae, std::string const& calling_ae,
                                  std::vector<std::string> const& others)
{
    std::scoped_lock const lock(mutex_);
    auto const all = candidates(called_ae, calling_ae);
    std::optional<std::string> first;  // what one prefers that has had none
    std::set<std::string> preferred;
    for (auto const& move : all) {
        std::scoped_lock const of_it(move->mutex_);
        preferred.insert(move->preferred_);
        if (!move->negotiated_.reached && !first.value_or("").size())
            first = move->preferred_;
    }
    auto const given = first ? *first : preferred.size() == 1 ? *preferred.begin() : std::string();
    for (auto const& move : all) {
        std::scoped_lock const of_it(move->mutex_);
        auto& told = move->negotiated_;
        told.reached = true;
        told.otherwise = told.otherwise || given != move->preferred_;
        for (auto const& uid : others)
            if (std::ranges::find(told.others, uid) == told.others.end())
                told.others.push_back(uid);
    }
    return given;
}

std::uint32_t move_registry::places(std::string const& called_ae, std::string const& calling_ae) const
{
    std::uint32_t all = 0;
    for (auto const& each : titles_)
        if (each.archive_ae == calling_ae && each.store_ae == called_ae)
            all += each.places;
    return all;
}

std::uint32_t move_registry::places(std::string const& called_ae) const
{
    std::uint32_t all = 0;
    for (auto const& each : titles_)
        if (each.store_ae == called_ae)
            all += each.places;
    return all;
}

bool move_registry::stands_at(std::string const& called_ae, std::string const& calling_ae,
                              std::string const& address) const
{
    std::scoped_lock const lock(mutex_);
    return std::ranges::any_of(titles_, [&](auto const& each) {
        auto const habit = habits_.find(each.source);
        return each.archive_ae == calling_ae && each.store_ae == called_ae && habit != habits_.end() &&
               std::ranges::find(habit->second.addresses, address) != habit->second.addresses.end();
    });
}

void move_registry::reached(std::string const& source, std::string const& address)
{
    if (address.empty())
        return;
    std::scoped_lock const lock(mutex_);
    auto& known = habits_[source].addresses;
    std::erase(known, address);
    known.insert(known.begin(), address);
    known.resize(std::min(known.size(), most_addresses));
}

bool move_registry::is_waiting(std::string const& called_ae) const
{
    std::scoped_lock const lock(mutex_);
    return std::ranges::any_of(waiting_, [&](auto const& each) { return each.second->store_ae_ == called_ae; });
}

std::shared_ptr<waiting_move> move_registry::find(sub_operation const& what)
{
    std::scoped_lock const lock(mutex_);
    auto const fits = [&](waiting_move const& move) {
        auto const& asked = move.what_;
        auto const differ = [](std::string const& wanted, std::string const& is) {
            return !wanted.empty() && !is.empty() && wanted != is;
        };
        if (move.expected_.contains(what.sop_instance_uid))
            return fit::by_instance;
        if (differ(asked.study_instance_uid, what.in.study) || differ(asked.series_instance_uid, what.in.series) ||
            differ(asked.sop_instance_uid, what.sop_instance_uid))
            return fit::other;
        if (!asked.sop_instance_uid.empty())
            return fit::by_instance;
        return what.in.study.empty() ? fit::unknown : fit::by_study;
    };

    if (what.originator_id != 0 && is_ours(what.originator_ae) && was_given(what.originator_id)) {
        auto const at = waiting_.find(what.originator_id);
        if (at == waiting_.end() || at->second->store_ae_ != what.called_ae ||
            at->second->our_ae_ != what.originator_ae || fits(*at->second) == fit::other)
            return nullptr;
        habits_[at->second->source_].tells_originator = true;
        return at->second;
    }

    auto const all = candidates(what.called_ae, what.calling_ae);
    for (auto const how : {fit::by_instance, fit::by_study}) {
        auto const does = [&](auto const& move) { return fits(*move) == how; };
        if (std::ranges::count_if(all, does) != 1)
            continue;
        auto const& only = *std::ranges::find_if(all, does);
        habits_[only->source_].tells_originator = false;
        return only;
    }
    return nullptr;
}

move_registry::moves move_registry::candidates(std::string const& called_ae, std::string const& calling_ae) const
{
    auto const known = std::ranges::any_of(
        titles_, [&](auto const& each) { return each.archive_ae == calling_ae && each.store_ae == called_ae; });
    moves found;
    for (auto const& [id, move] : waiting_)
        if (move->store_ae_ == called_ae && (!known || move->archive_ae_ == calling_ae))
            found.push_back(move);
    return found;
}

bool move_registry::tells_originator(std::string const& source) const
{
    std::scoped_lock const lock(mutex_);
    auto const at = habits_.find(source);
    return at != habits_.end() && at->second.tells_originator;
}

std::string move_registry::moved_in(std::string const& source) const
{
    std::scoped_lock const lock(mutex_);
    auto const at = habits_.find(source);
    return at != habits_.end() ? at->second.moved_in : std::string();
}

void move_registry::moved_in(std::string const& source, std::string transfer_syntax)
{
    std::scoped_lock const lock(mutex_);
    habits_[source].moved_in = std::move(transfer_syntax);
}

std::shared_ptr<budget> move_registry::turns(config::source const& source, std::string const& study_instance_uid)
{
    std::scoped_lock const lock(mutex_);
    std::erase_if(turns_, [](auto const& each) { return each.second.expired(); });
    auto& kept = turns_[{source.name, study_instance_uid}];
    auto turn = kept.lock();
    if (!turn) {
        auto one = source.limits;
        one.associations = 1;
        turn = std::make_shared<budget>(source.name, one);
        kept = turn;
    }
    return turn;
}

}  // namespace pons::upstream::dimse
