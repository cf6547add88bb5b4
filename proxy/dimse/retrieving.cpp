#include "proxy/dimse/retrieving.hpp"

#include "proxy/dimse/fetching.hpp"
#include "upstream/errc.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

namespace pons::proxy::dimse {

using upstream::errc;

result<void> retrieving::run(carrier& to)
{
    to_ = &to;
    put_off_sign();
    auto task = of_.bridge.begin<void>(news_, [this](bridge::archives& all) { return fetch(all); });
    auto const held = hold(task);
    forms_.close();
    stream_.close();
    if (!held)  // the task's end waits for what runs
        return held;
    if (!task.ended())
        task.cancel();
    return conclude(task.wait());
}

/// On the bridge.
awaitable<result<void>> retrieving::fetch(bridge::archives& all)
{
    dicomweb::service service{of_.settings, nullptr, of_.bridge.renderer(), nullptr};
    dicomweb::target const whom{bridge::choose(all, of_.sources), {}};
    dicomweb::search_bounds const bounds{.federation = of_.settings.federation,
                                         .max_candidates = of_.bounds.max_candidates,
                                         .max_fan_out = of_.bounds.max_fan_out};
    listing_time const time{of_.times.operation, clock::now() + longest_listing};
    auto listing = expect(of_.settings, bounds, query_, whom.sources, time);
    result<expectation> const what = co_await std::move(listing);
    if (!what)
        co_return tl::unexpected(what.error());
    expectation told = *what;
    bool const taken = co_await expected_.put(std::move(told));
    if (!taken)
        co_return fail(errc::cancelled, "retrieve");
    fetching all_of(service, whom, forms_, stream_);
    auto const done = co_await all_of.run(*what, of_.times.operation);
    co_return done;
}

/// Until everything has come, or nothing more is wanted. Errors: of the association.
result<void> retrieving::hold(bridge::task<void> const& task)
{
    while (!cancelled && to_->down().empty()) {
        bool const ended = task.ended();
        if (auto const what = expected_.take()) {
            known_ = true;
            done_.expect(*what);
            to_->expect(*what);
        } else if (auto const asked = forms_.question()) {
            forms_.answer(asked->number, to_->form_for(asked->head));
        } else if (auto const next = stream_.next()) {
            if (auto const sent = deliver(*next, task); !sent)
                return sent;
            if (auto const told = tell_progress(); !told)
                return told;
            news_.request();  // so that it only looks
            if (auto const heard = listen(false); !heard)
                return heard;
        } else if (ended) {
            return {};
        } else if (auto const heard = listen(false); !heard) {
            return heard;
        }
    }
    return {};
}

/// For news from the bridge, a word of the peer's, or until the peer is due a sign of life. Within an instance that
/// goes over the peer's own association there is none.
result<void> retrieving::listen(bool within_instance)
{
    bool const may_tell = !within_instance || to_->is_apart();
    auto const said = await_news(of_, news_, may_tell ? sign_due_ : time_point::max());
    if (!said)
        return tl::unexpected(said.error());
    cancelled = cancelled || *said == interjection::cancelled;
    if (may_tell && !cancelled && clock::now() >= sign_due_)
        return tell_progress();
    return {};
}

result<void> retrieving::tell_progress()
{
    auto pending = of_.response(status::pending);
    done_.put_counts(pending, true);
    put_off_sign();
    return of_.send(pending);
}

/// One sub-operation. Errors: the association that asked is lost.
result<void> retrieving::deliver(instance_stream::item const& one, bridge::task<void> const& task)
{
    if (one.refused)
        return lose(one, {make_error_code(errc::unsupported), std::string(to_->without_form(one.head))});
    if (one.broken)
        return lose(one, {make_error_code(errc::incomplete), "an instance broke off"});
    if (auto const begun = to_->begin(one.head); !begun) {
        if (begun.error().code != errc::unsupported)
            to_->break_off();
        return lose(one, begun.error());
    }
    for (bool last = false; !last;) {
        bool const over = task.ended();  // before the look: all that it has brought is seen then
        auto const piece = stream_.read();
        if (piece.what == instance_stream::step::wait && !over) {
            if (auto const heard = listen(true); !heard) {
                to_->break_off();  // no end of it, and no release, where it goes
                return heard;
            }
            continue;
        }
        if (piece.what != instance_stream::step::bytes) {
            to_->break_off();
            return lose(one, {make_error_code(errc::incomplete), "an instance broke off"});
        }
        if (auto const sent = to_->send(piece.bytes, piece.last); !sent) {
            to_->break_off();
            return lose(one, sent.error());
        }
        last = piece.last;
    }
    stream_.drop();
    auto const status = to_->response();
    if (status) {
        bool const taken = done_.answered(one.head.sop_instance_uid, *status);
        if (!taken && first_loss_.empty())
            first_loss_ = fmt::format("C-STORE was answered {:04X}H", *status);
        return {};
    }
    to_->break_off();
    return lost(one, status.error());
}

result<void> retrieving::lose(instance_stream::item const& one, failure why)
{
    stream_.drop();
    return lost(one, std::move(why));
}

result<void> retrieving::lost(instance_stream::item const& one, failure why)
{
    done_.failed(one.head.sop_instance_uid);
    if (first_loss_.empty())
        first_loss_ = why.where;
    if (!of_.over.usable())
        return tl::unexpected(std::move(why));
    return {};
}

result<void> retrieving::conclude(result<void> const& how)
{
    if (cancelled)
        return finish(status::cancelled, {});
    if (!known_ && !how)
        return finish(status::matches_not_calculated, in_words(how.error()));
    done_.fail_rest();
    auto code = done_.final_status();
    auto comment = to_->down();
    if (comment.empty() && !how)
        comment = in_words(how.error());
    if (comment.empty())
        comment = first_loss_;
    if (code == status::success && !comment.empty())
        code = status::sub_operations_not_performed;
    return finish(code, comment);
}

result<void> retrieving::finish(std::uint16_t code, std::string const& comment)
{
    auto const list = done_.failed_list(of_.context.transfer_syntax);
    auto rsp = of_.response(code, comment, !list.empty());
    done_.put_counts(rsp, code == status::cancelled);
    of_.status = code;
    of_.results = static_cast<std::uint32_t>(done_.completed() + done_.warned());
    if (code != status::success && code != status::cancelled)
        spdlog::warn("retrieve of {} at {} from {}: {} sent, {} failed{}{}", of_.who.calling_ae, of_.who.address,
                     of_.who.called_ae, of_.results, done_.failures(), comment.empty() ? "" : "; ", comment);
    return of_.send(rsp, list);
}

}  // namespace pons::proxy::dimse
