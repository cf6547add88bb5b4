#include "upstream/complete/listing.hpp"

#include "upstream/cancelling.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>

#include <exception>

namespace pons::upstream {

void listing::start(archive& of, retrieve_request what, std::uint32_t cap, std::chrono::milliseconds time,
                    std::shared_ptr<census const> known)
{
    started_ = true;
    over_.expires_at(time_point::max());
    auto work = cancelled_as_value(renew_census(of, std::move(known), std::move(what), cap, time));
    auto ended = [self = shared_from_this()](std::exception_ptr failed, result<census> taken) {
        if (failed)
            self->outcome_.emplace(fail(errc::aborted, "listing what there is"));
        else
            self->outcome_.emplace(std::move(taken));
        self->over_.cancel();
    };
    asio::co_spawn(over_.get_executor(), std::move(work),
                   asio::bind_cancellation_slot(cancel_.slot(), std::move(ended)));
}

awaitable<result<census>> listing::outcome()
{
    while (!outcome_) {
        static_cast<void>(co_await over_.async_wait(as_tuple));
        bool const gone = co_await is_cancelled();
        if (gone && !outcome_)
            cancel_.emit(asio::cancellation_type::terminal);
    }
    result<census> taken = std::move(*outcome_);
    outcome_.reset();
    started_ = false;
    co_return taken;
}

awaitable<void> listing::stop()
{
    if (!started_)
        co_return;
    if (!outcome_)
        cancel_.emit(asio::cancellation_type::terminal);
    result<census> const taken = co_await outcome();
    static_cast<void>(taken);
}

}  // namespace pons::upstream
