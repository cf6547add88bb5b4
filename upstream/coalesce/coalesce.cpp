#include "upstream/coalesce/coalesce.hpp"

#include "upstream/cancelling.hpp"
#include "upstream/passing_on.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>

#include <algorithm>
#include <utility>

namespace pons::upstream {

namespace {

/// The one who began a query, for as long as he waits: on the executor that the query runs on.
struct listener {
    row_sink* to = nullptr;
};

struct kept_rows final : row_sink {
    kept_rows(std::vector<mapping::data_set>& where, std::shared_ptr<listener> who)
        : rows(where), listens(std::move(who))
    {
    }
    void row(mapping::data_set&& one) override
    {
        rows.push_back(std::move(one));
        if (listens->to)
            listens->to->row(mapping::data_set(rows.back()));
    }

    std::vector<mapping::data_set>& rows;
    std::shared_ptr<listener> const listens;
};

/// Listens from here on, until it goes.
class listening_to {
public:
    listening_to(std::shared_ptr<listener> as, row_sink& to) : as_(std::move(as)) { as_->to = &to; }
    listening_to(listening_to const&) = delete;
    listening_to& operator=(listening_to const&) = delete;
    ~listening_to() { as_->to = nullptr; }

private:
    std::shared_ptr<listener> const as_;
};

awaitable<result<found>> ask(std::shared_ptr<archive> inner, std::shared_ptr<flight> of,
                             std::shared_ptr<listener> listens, time_point deadline)
{
    kept_rows keep(of->rows, std::move(listens));
    result<found> how = co_await inner->find(of->request, keep, deadline);
    co_return how;
}

class coalescing_archive final : public passing_on {
public:
    coalescing_archive(std::shared_ptr<archive> inner, std::shared_ptr<flights> shared, config::source const& source,
                       std::shared_ptr<used_answers> search, flights::accepts which)
        : passing_on(std::move(inner)),
          shared_(std::move(shared)),
          source_(source),
          search_(std::move(search)),
          accepts_(which)
    {
    }

    awaitable<result<found>> find(find_request const& request, row_sink& rows, time_point deadline) override
    {
        auto const here = co_await asio::this_coro::executor;
        auto const first = std::make_shared<listener>();
        listening_to const live(first, rows);
        auto place = shared_->join(request, here, accepts_);
        take_part(place, first);
        result<void> const landed = co_await cancelled_as_value(wait(place, deadline));
        if (!landed) {
            bool const is_late = landed.error().code == errc::timed_out;
            bool const goes_on = is_late && accepts_ == flights::accepts::kept && place.leave_for_later();
            place.leave();
            if (goes_on && search_)
                search_->come_back();
            if (goes_on)
                co_return fail(errc::timed_out, "source " + source_.name + ", which is still searching",
                               ask_again_after);
            co_return tl::unexpected(landed.error());
        }
        if (place.of().thrown)
            std::rethrow_exception(place.of().thrown);
        result<found> answer = *place.of().how;
        if (!place.is_first())
            place.take(rows);
        co_return answer;
    }

    awaitable<result<stored>> store(instance_source& instances, time_point deadline) override
    {
        // Also after an error, or when whoever stores has gone: something may have been stored.
        struct changed {
            flights& of;
            ~changed() { of.forget_answers(); }
        } const after{*shared_};
        result<stored> all = co_await inner_->store(instances, deadline);
        co_return all;
    }

private:
    /// A flight that is not begun, for want of memory, lands with that: else equal ones would wait for nothing.
    void take_part(flights::place const& place, std::shared_ptr<listener> const& first)
    try {
        if (search_)
            search_->add(shared_, place.shared());
        if (place.is_first())
            begin(place.shared(), first);
    } catch (...) {
        if (place.is_first())
            shared_->land(place.shared(), std::current_exception(), fail(errc::aborted, "source " + source_.name));
        throw;
    }

    /// Nobody in particular waits for it: whoever asked first may leave, and it goes on.
    void begin(std::shared_ptr<flight> const& of, std::shared_ptr<listener> const& first)
    {
        auto ended = [of, shared = shared_](std::exception_ptr thrown, result<found> how) {
            shared->land(of, std::move(thrown), std::move(how));
            // Later: the frame that calls this still refers to the cancellation slot inside the flight.
            asio::post(of->on, [of] {});
        };
        auto const until = clock::now() + source_.limits.queue + source_.timeouts.total;
        asio::co_spawn(of->on, ask(inner_, of, first, until),
                       asio::bind_cancellation_slot(of->cancel.slot(), std::move(ended)));
    }

    awaitable<result<void>> wait(flights::place const& place, time_point deadline) const
    {
        auto& waiting = place.waiting();
        waiting.timer.expires_at(deadline);
        while (!waiting.landed) {
            co_await waiting.timer.async_wait(as_tuple);
            bool const gone = co_await is_cancelled();
            if (gone)
                co_return fail(errc::cancelled, "source " + source_.name);
            if (!waiting.landed && clock::now() >= deadline)
                co_return fail(errc::timed_out, "source " + source_.name);
        }
        co_return result<void>();
    }

    std::shared_ptr<flights> const shared_;
    config::source const& source_;
    std::shared_ptr<used_answers> const search_;
    flights::accepts const accepts_;
};

}  // namespace

answer_bounds bounds_of(config::answer_cache const& kept, std::chrono::milliseconds search_time)
{
    answer_bounds most{.size = kept.size,
                       .time = kept.time,
                       .empty_time = kept.empty_time,
                       .awaited_time = search_time + 2 * ask_again_after};
    most.longest_time = std::max(most.longest_time, 2 * most.awaited_time);
    return most;
}

std::unique_ptr<archive> make_coalescing(std::shared_ptr<archive> inner, std::shared_ptr<flights> shared,
                                         config::source const& source, std::shared_ptr<used_answers> search)
{
    return std::make_unique<coalescing_archive>(std::move(inner), std::move(shared), source, std::move(search),
                                                flights::accepts::kept);
}

std::unique_ptr<archive> make_joining(std::shared_ptr<archive> inner, std::shared_ptr<flights> shared,
                                      config::source const& source)
{
    return std::make_unique<coalescing_archive>(std::move(inner), std::move(shared), source, nullptr,
                                                flights::accepts::on_its_way);
}

}  // namespace pons::upstream
