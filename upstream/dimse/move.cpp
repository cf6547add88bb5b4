#include "upstream/dimse/move.hpp"

#include "mapping/dicom_stream.hpp"
#include "upstream/dimse/conversation.hpp"
#include "upstream/dimse/identifier.hpp"
#include "upstream/dimse/move_status.hpp"
#include "upstream/dimse/opening.hpp"
#include "upstream/dimse/wire/uids.hpp"

#include <algorithm>
#include <optional>

namespace pons::upstream::dimse {

namespace {

using namespace std::chrono_literals;

constexpr auto release_time = 200ms;
constexpr auto message_time = 10s;  // for a message that has begun
constexpr std::uint16_t some_failed = 0xB000;

/// The counters of a response, as far as it has them.
struct counted {
    std::optional<std::uint16_t> remaining;
    std::optional<std::uint16_t> completed;  ///< with and without warning
    std::optional<std::uint16_t> failed;
};

counted count(command_set const& rsp)
{
    auto const warning = rsp.number(command_element::number_of_warning_suboperations);
    counted c{.remaining = rsp.number(command_element::number_of_remaining_suboperations),
              .completed = rsp.number(command_element::number_of_completed_suboperations),
              .failed = rsp.number(command_element::number_of_failed_suboperations)};
    if (warning)
        c.completed = static_cast<std::uint16_t>(c.completed.value_or(0) + *warning);
    return c;
}

/// One C-MOVE on its association, and the instances that come on others.
class move_exchange {
public:
    move_exchange(association& over, workbench const& at, move_errand& to, move_order const& order,
                  move_registry& registry, waiting_move& waiting)
        : over_(over),
          at_(at),
          to_(to),
          order_(order),
          registry_(registry),
          waiting_(waiting),
          until_(to.deadline()),
          last_(clock::now())
    {
    }

    void run(presentation_context const& in)
    {
        if (auto const sent = send(in); !sent)
            return end(tl::unexpected(placed(sent.error())));
        for (;;) {
            auto const now = waiting_.now();
            if (to_.nobody_waits() || now.broken)
                return cancel(in);
            if (settled(now))
                return conclude(now);
            auto const idle_until = patience_ends(now);
            if (clock::now() < idle_until) {
                wait(idle_until);
                continue;
            }
            if (heard_out_)
                return conclude(now);
            return run_out(in, now);
        }
    }

private:
    using progress = waiting_move::progress;

    std::string at(char const* place) const { return "source " + at_.source.name + ", " + place; }
    failure placed(failure why) const
    {
        why.where = "source " + at_.source.name + ", " + why.where;
        return why;
    }

    result<void> send(presentation_context const& in)
    {
        auto const as = in.transfer_syntax == uids::implicit_vr_little_endian ? mapping::encoding::implicit_le
                                                                              : mapping::encoding::explicit_le;
        auto const identifier =
            mapping::write_data_set(to_identifier(order_.what), as, at_.source.quirks.charset_query);
        auto rq = make_request(command::c_move_rq, uids::study_root_move, waiting_.message_id(), true);
        rq.set(command_element::move_destination, at_.source.store_ae);
        return over_.send(in.id, rq, identifier.bytes, {std::min(until_, clock::now() + message_time)});
    }

    bool settled(progress const& now) const
    {
        if (now.under_way > 0)
            return false;
        if (now.complete)
            return true;
        if (!heard_out_)
            return false;
        if (lost_)
            return waiting_.expected() == 0;
        return !status::is_pending(status_) &&
               ((status_ != status::success && status_ != some_failed) || as_counted(now) || as_many_as_there_are(now));
    }

    bool as_counted(progress const& now) const
    {
        return last_counted_.completed.value_or(0) > 0 && now.delivered >= *last_counted_.completed;
    }

    bool as_many_as_there_are(progress const& now) const
    {
        return order_.instances > 0 && now.different >= order_.instances;
    }

    /// When there is nothing to wait for any more if nothing happens.
    time_point patience_ends(progress const& now)
    {
        if (!begun_ && (now.under_way > 0 || now.delivered > 0)) {
            begun_ = true;
            until_ = clock::now() + at_.source.timeouts.transfer;
        }
        if (now.under_way > 0)  // the provider has deadlines of its own
            return until_;
        auto const last = std::max(last_, now.last);
        auto const& times = at_.source.timeouts;
        auto const idle = heard_out_ ? to_.grace() : heard_ || begun_ ? times.between_responses : times.first_response;
        return std::min(until_, last + idle);
    }

    /// For a response, or for news of an instance.
    void wait(time_point until)
    {
        auto const deaf = heard_out_;
        patience const how_long{until, &at_.by};
        auto const came = deaf ? wait_for(-1, 0, how_long) : over_.await_input(how_long);
        if (came == readiness::interrupted)
            at_.by.reset();
        if (came == readiness::ready)
            receive();
    }

    /// News must not end the reading of a response in the middle, which would be the end of the association.
    void receive()
    {
        patience const how_long{clock::now() + message_time};
        auto rsp = over_.receive_command(how_long);
        if (rsp && (!rsp->command.is(command::c_move_rsp) || !rsp->command.number(command_element::status) ||
                    rsp->command.number(command_element::message_id_being_responded_to) != waiting_.message_id()))
            rsp = fail(errc::malformed, "C-MOVE response");
        if (rsp && rsp->command.has_data_set())  // Failed SOP Instance UID List (0008,0058)
            if (auto const read = over_.receive_data_set(scratch_, mapping::read_limits{}.size, how_long); !read)
                rsp = tl::unexpected(read.error());
        last_ = clock::now();
        if (!rsp) {
            lost_ = placed(rsp.error());
            heard_out_ = true;
            return;
        }
        heard_ = true;
        status_ = *rsp->command.number(command_element::status);
        auto const c = count(rsp->command);
        if (c.completed || c.remaining || c.failed)
            last_counted_ = c;
        if (status::is_pending(status_))
            return;
        comment_ = rsp->command.text(command_element::error_comment);
        heard_out_ = true;
    }

    /// Nothing under way, nothing more to wait for.
    void conclude(progress now)
    {
        registry_.leave(waiting_);
        // One may have begun at the last moment.
        while (now.under_way > 0 && !now.broken && !to_.nobody_waits()) {
            if (wait_for(-1, 0, {until_, &at_.by}) != readiness::interrupted)
                return end(fail(errc::timed_out, at("C-MOVE")));
            at_.by.reset();
            now = waiting_.now();
        }
        end(judged(now));
        if (!heard_out_)  // everything is here; politeness only
            for (auto const politely = clock::now() + drain_time; !heard_out_ && clock::now() < politely;)
                wait(politely);
        if (!lost_ && heard_out_)
            over_.release({clock::now() + release_time});
    }

    result<retrieved> judged(progress const& now) const
    {
        retrieved const all{0, last_counted_.completed.value_or(0), {}};
        if (now.complete)
            return all;
        if (lost_)
            return tl::unexpected(*lost_);
        if (heard_out_ && status_ != status::success && status_ != some_failed)
            return tl::unexpected(move_failure(at_.source, status_, comment_, waiting_.associations().reached));
        auto const failed = last_counted_.failed.value_or(status_ == some_failed ? 1 : 0);
        auto const counted = last_counted_.completed.value_or(0);
        if (failed > 0)
            return fail(errc::incomplete, at("C-MOVE: ") + std::to_string(failed) + " sub-operations failed");
        if (now.delivered == 0 && now.different == 0 && counted == 0)
            return fail(errc::not_found, at("C-MOVE without sub-operations"));
        if (waiting_.expected() > 0 || now.delivered < counted) {
            auto const of = std::max<std::size_t>(waiting_.expected(), counted);
            return fail(errc::incomplete, at("C-MOVE: ") + std::to_string(now.different) + " of " + std::to_string(of) +
                                              " instances came");
        }
        return all;
    }

    /// Neither a response nor an instance for too long. If the archive's own last word was that nothing remains, and
    /// that is what has come, then it has forgotten the final response only.
    void run_out(presentation_context const& in, progress const& now)
    {
        auto const nothing_remains = last_counted_.remaining == 0 && as_counted(now) && clock::now() < until_;
        if (now.under_way == 0 && (nothing_remains || as_many_as_there_are(now)))
            end(retrieved{0, last_counted_.completed.value_or(0), {}});
        else
            end(fail(errc::timed_out, at("C-MOVE")));
        cancel(in);
    }

    void end(result<retrieved> how)
    {
        auto const now = waiting_.now();
        auto const nothing = now.delivered == 0 && now.under_way == 0;
        auto const code = how ? std::error_code() : how.error().code;
        auto const another = nothing && (code == errc::not_found || code == errc::refused ||
                                         code == errc::unsupported || code == errc::incomplete);
        to_.note(waiting_.associations());
        to_.finish(std::move(how), another);
    }

    /// C-CANCEL (PS3.7 §9.3.4.3); the final response has some time to come, instances are late from now on.
    void cancel(presentation_context const& in)
    {
        registry_.leave(waiting_);
        end(fail(errc::cancelled, at("C-MOVE")));
        auto const until = clock::now() + drain_time;
        at_.by.reset();
        if (heard_out_ || !over_.usable() || !to_.worth_draining() ||
            !over_.send(in.id, make_cancel(waiting_.message_id()), {}, {until}))
            return;
        while (!heard_out_ && clock::now() < until && to_.worth_draining())
            wait(until);
        if (!lost_ && heard_out_)
            over_.release({clock::now() + release_time});
    }

    association& over_;
    workbench const& at_;
    move_errand& to_;
    move_order const& order_;
    move_registry& registry_;
    waiting_move& waiting_;

    time_point until_;
    time_point last_;         // something was heard from the archive
    bool begun_ = false;      // an instance
    bool heard_ = false;      // a response
    bool heard_out_ = false;  // the final one, or the association has gone
    std::optional<failure> lost_;
    std::uint16_t status_ = status::pending;
    std::string comment_;  // of the last response
    counted last_counted_;
    std::vector<std::byte> scratch_;
};

association_request with_move(association_request const& like)
{
    return {like.calling_ae,
            like.called_ae,
            {{uids::study_root_move, {uids::explicit_vr_little_endian, uids::implicit_vr_little_endian}}}};
}

}  // namespace

move_errand::move_errand(executor home, time_point deadline, move_order order, std::shared_ptr<move_registry> registry,
                         permit turn, std::chrono::milliseconds stall, std::chrono::milliseconds grace)
    : delivery(std::move(home), deadline, stall),
      order_(std::move(order)),
      registry_(std::move(registry)),
      grace_(grace),
      turn_(std::move(turn))
{
}

bool move_errand::nobody_waits() const
{
    std::scoped_lock const lock(mutex_);
    return gone();
}

waiting_move::negotiated move_errand::associations() const
{
    std::scoped_lock const lock(mutex_);
    return associations_;
}

void move_errand::note(waiting_move::negotiated associations)
{
    std::scoped_lock const lock(mutex_);
    associations_ = std::move(associations);
}

void move_errand::work(workbench& at)
{
    permit const turn = std::move(turn_);
    if (at.line) {
        at.line->release({clock::now() + release_time, &at.by});
        at.line.reset();
    }
    auto opened = open_for_the_first(at.source, with_move(at.proposals), {deadline(), &at.by});
    if (!opened) {
        auto const another =
            opened.error().code == errc::association_rejected && opened.error().retry_after == std::chrono::seconds(0);
        return finish(tl::unexpected(std::move(opened.error())), another);
    }
    auto const* const in = opened->context(uids::study_root_move);
    if (!in) {
        finish(fail(errc::unsupported, "source " + at.source.name + ", C-MOVE not accepted"), true);
        return opened->release({clock::now() + release_time});
    }
    registry_->reached(at.source.name, opened->peer_address());
    auto const me = std::static_pointer_cast<move_errand>(shared_from_this());
    auto const waiting = registry_->enter(at.source, order_.what, order_.expected, me, [me] {
        std::scoped_lock const lock(me->mutex_);
        me->interrupt_worker();
    });
    if (!waiting)
        return finish(tl::unexpected(waiting.error()));
    (*waiting)->prefer(order_.transfer_syntax);
    move_exchange(*opened, at, *this, order_, *registry_, **waiting).run(*in);
    registry_->leave(**waiting);
}

}  // namespace pons::upstream::dimse
