#include "upstream/cancelling.hpp"
#include "upstream/crosswalk/errc.hpp"
#include "upstream/crosswalk/lookups.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>

#include <utility>

namespace pons::upstream {

namespace {

awaitable<result<known_patient>> ask(std::shared_ptr<crosswalk> inner, std::string id, time_point deadline)
{
    result<known_patient> how = co_await inner->resolve(std::move(id), deadline);
    co_return how;
}

class shared_crosswalk final : public crosswalk {
public:
    shared_crosswalk(std::shared_ptr<crosswalk> inner, std::shared_ptr<lookups> shared,
                     config::crosswalk const& settings)
        : inner_(std::move(inner)), shared_(std::move(shared)), timeout_(settings.timeout)
    {
    }

    awaitable<result<known_patient>> resolve(std::string id, time_point deadline) override
    {
        ++shared_->counts().lookups;
        if (auto kept = shared_->kept(id, clock::now())) {
            ++shared_->counts().kept;
            count(*kept);
            co_return std::move(*kept);
        }
        result<known_patient> found = co_await cancelled_as_value(join(std::move(id), deadline));
        count(found);
        co_return found;
    }

    awaitable<result<void>> verify(time_point deadline) override { return inner_->verify(deadline); }

private:
    void count(result<known_patient> const& found) const
    {
        auto& counts = shared_->counts();
        if (found || found.error().code == crosswalk_errc::cancelled)
            return;
        ++(found.error().code == crosswalk_errc::unknown_patient     ? counts.unknown
           : found.error().code == crosswalk_errc::ambiguous_patient ? counts.ambiguous
                                                                     : counts.failures);
    }

    awaitable<result<known_patient>> join(std::string id, time_point deadline)
    {
        executor const here = co_await asio::this_coro::executor;
        auto place = shared_->join(id, here);
        if (place.is_first())
            begin(place.shared());
        else
            ++shared_->counts().shared;
        result<void> const landed = co_await wait(place, deadline);
        if (!landed) {
            place.leave();
            co_return tl::unexpected(landed.error());
        }
        if (place.of().thrown)
            std::rethrow_exception(place.of().thrown);
        result<known_patient> found = *place.of().how;
        co_return found;
    }

    /// Nobody in particular waits for it: whoever asked first may leave, and it goes on.
    void begin(std::shared_ptr<lookup> const& of)
    {
        auto ended = [of, shared = shared_](std::exception_ptr thrown, result<known_patient> how) {
            shared->land(of, std::move(thrown), std::move(how), clock::now());
            // Later: the frame that calls this still refers to the cancellation slot inside the lookup.
            asio::post(of->on, [of] {});
        };
        asio::co_spawn(of->on, ask(inner_, of->id, clock::now() + timeout_),
                       asio::bind_cancellation_slot(of->cancel.slot(), std::move(ended)));
    }

    awaitable<result<void>> wait(lookups::place const& place, time_point deadline) const
    {
        auto& waiting = place.waiting();
        waiting.timer.expires_at(deadline);
        while (!waiting.landed) {
            co_await waiting.timer.async_wait(as_tuple);
            bool const gone = co_await is_cancelled();
            if (gone)
                co_return fail(crosswalk_errc::cancelled, "crosswalk");
            if (!waiting.landed && clock::now() >= deadline)
                co_return fail(crosswalk_errc::timed_out, "crosswalk");
        }
        co_return result<void>();
    }

    std::shared_ptr<crosswalk> const inner_;
    std::shared_ptr<lookups> const shared_;
    std::chrono::milliseconds const timeout_;
};

}  // namespace

std::shared_ptr<crosswalk> make_shared_lookups(std::shared_ptr<crosswalk> inner, std::shared_ptr<lookups> shared,
                                               config::crosswalk const& settings)
{
    return std::make_shared<shared_crosswalk>(std::move(inner), std::move(shared), settings);
}

}  // namespace pons::upstream
