#include "upstream/dimse/inquiry.hpp"

#include "upstream/dimse/association_pool.hpp"
#include "upstream/dimse/opening.hpp"
#include "upstream/dimse/wire/uids.hpp"

#include <algorithm>

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
    bool const of_worklist = find_ && find_->of_worklist;
    if (at.line && !at.line->context(find_ ? sop_class_of(*find_) : uids::verification)) {  // one for something else
        at.line->release({clock::now() + release_time, &at.by});
        at.line.reset();
    }
    for (bool reused = at.line.has_value();; reused = false) {
        if (!at.line) {
            auto opened = open_for_the_first(at.source, of_worklist ? worklist_proposals(at.source) : at.proposals,
                                             {deadline(), &at.by});
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

awaitable<result<found>> inquire(association_pool& pool, config::source const& source, std::optional<find_command> what,
                                 row_sink* rows, time_point deadline)
{
    auto const home = co_await asio::this_coro::executor;
    auto const cancellation = co_await asio::this_coro::cancellation_state;
    auto const asked = std::make_shared<inquiry>(home, deadline, std::move(what));
    auto const queue_end = std::min(deadline, clock::now() + source.limits.queue);
    steady_timer bell(home);
    attendance const here(*asked, bell);
    if (auto const accepted = pool.submit(asked); !accepted)
        co_return tl::unexpected(accepted.error());

    bool queued = true;
    while (cancellation.cancelled() == asio::cancellation_type::none) {
        auto news = asked->take();
        for (auto& row : news.rows)
            rows->row(std::move(row));
        if (news.end)
            co_return std::move(*news.end);
        if (queued && clock::now() >= queue_end) {
            if (pool.withdraw(*asked))
                co_return tl::unexpected(pool.overloaded());
            queued = false;
        }
        if (clock::now() >= deadline)
            co_return fail(errc::timed_out, "source " + source.name);
        bell.expires_at(queued ? queue_end : deadline);
        auto const rung = co_await bell.async_wait(as_tuple);
        static_cast<void>(rung);
    }
    pool.withdraw(*asked);
    co_return fail(errc::cancelled, "source " + source.name);
}

}  // namespace pons::upstream::dimse
