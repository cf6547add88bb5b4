#include "upstream/dimse/inquiry.hpp"

#include "upstream/dimse/opening.hpp"
#include "upstream/dimse/wire/uids.hpp"

namespace pons::upstream::dimse {

namespace {

constexpr std::size_t most_unread = 1 << 20;
constexpr std::size_t batch = 32;
constexpr auto release_time = std::chrono::milliseconds(200);
constexpr std::size_t cost_of_a_row = 512;  // what a row takes beyond its bytes

}  // namespace

inquiry::inquiry(executor home, time_point deadline, std::optional<find_command> find)
    : errand(std::move(home), deadline), find_(std::move(find))
{
}

inquiry::news inquiry::take()
{
    std::scoped_lock const lock(mutex_);
    rung();
    unread_size_ = 0;
    read_.notify_one();
    return std::exchange(unread_, {});
}

void inquiry::work(workbench& at)
{
    if (at.line && !at.line->context(find_ ? uids::study_root_find : uids::verification)) {  // one for stores
        at.line->release({clock::now() + release_time, &at.by});
        at.line.reset();
    }
    for (bool reused = at.line.has_value();; reused = false) {
        if (!at.line) {
            auto opened = open_for_the_first(at.source, at.proposals, {deadline(), &at.by});
            if (!opened)
                return give_up(std::move(opened.error()));
            at.line = std::move(*opened);
        }
        auto const after = find_ ? c_find(*at.line, *find_, at.source, *this, deadline(), at.by)
                                 : c_echo(*at.line, at.source, *this, deadline(), at.by);
        if (!after.in_step || !at.line->usable() || at.line->buffered())  // nothing may come after the final response
            at.line.reset();
        if (!after.unanswered)
            return;
        // A peer may drop an idle association at the moment at which we use it: once more, on a fresh one.
        if (!reused)
            return give_up(after.why);
    }
}

void inquiry::give_up(failure why)
{
    end(tl::unexpected(std::move(why)));
}

bool inquiry::worth_draining() const
{
    std::scoped_lock const lock(mutex_);
    return !stopped_;
}

bool inquiry::row(mapping::data_set&& row, std::size_t size)
{
    std::unique_lock lock(mutex_);
    auto const go_on = [&] { return gone() || unread_size_ < most_unread; };
    if (!go_on()) {
        ring();
        read_.wait_until(lock, deadline(), go_on);
    }
    if (gone())
        return false;
    unread_.rows.push_back(std::move(row));
    unread_size_ += size + cost_of_a_row;
    if (unread_.rows.size() >= batch)
        ring();
    return true;
}

void inquiry::pause()
{
    std::scoped_lock const lock(mutex_);
    if (!unread_.rows.empty())
        ring();
}

void inquiry::end(result<found> how)
{
    std::scoped_lock const lock(mutex_);
    ended();
    if (left_)
        return;
    unread_.end = std::move(how);
    ring();
}

}  // namespace pons::upstream::dimse
