#pragma once

#include "mapping/result.hpp"
#include "upstream/asio.hpp"
#include "upstream/cancelling.hpp"
#include "upstream/errc.hpp"
#include "upstream/guard/gate.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <utility>

namespace pons::upstream {

/// Runs an operation on a source until it has ended. When the source is switched off meanwhile it is cancelled
/// (terminal), and its failure is errc::closed.
///
/// On a single-threaded executor. Errors else: as `op`; errc::closed when `through` is closed already, and `op` never
/// begins. Cancelling (terminal): that of `op`.
template <class T>
awaitable<result<T>> while_open(gate const& through, awaitable<result<T>> op)
{
    struct running {
        asio::cancellation_signal cancel;
        bool switched_off = false;
    };
    auto const here = co_await asio::this_coro::executor;
    auto const outside = co_await asio::this_coro::cancellation_state;
    auto const run = std::make_shared<running>();
    auto const mine = through.running().enter(here, [run] {
        run->switched_off = true;
        run->cancel.emit(asio::cancellation_type::terminal);
    });
    // It has entered first: whoever closes the gate from here on ends it.
    if (auto const may = through.is_wanted(std::chrono::system_clock::now()); !may)
        co_return tl::unexpected(may.error());
    auto const& name = through.source().name;
    if (outside.cancelled() != asio::cancellation_type::none)
        co_return fail(errc::cancelled, "source " + name);
    if (auto slot = outside.slot(); slot.is_connected())
        slot.assign([run](asio::cancellation_type type) { run->cancel.emit(type); });

    result<T> how;
    std::exception_ptr thrown;
    try {
        // A coroutine of its own throws when it is cancelled, whatever the one around it does.
        auto kept = cancelled_as_value(std::move(op));
        auto token = asio::bind_cancellation_slot(run->cancel.slot(), use_awaitable);
        awaitable<result<T>> begun = asio::co_spawn(here, std::move(kept), std::move(token));
        how = co_await std::move(begun);
    } catch (boost::system::system_error const& e) {
        if (e.code() == asio::error::operation_aborted)
            how = fail(errc::cancelled, "source " + name);
        else
            thrown = std::current_exception();
    } catch (...) {
        thrown = std::current_exception();
    }
    if (auto slot = outside.slot(); slot.is_connected())
        slot.clear();
    // Later: the frame that resumed this one still refers to the cancellation slot.
    asio::post(here, [run] {});
    if (thrown)
        std::rethrow_exception(thrown);
    if (how)
        co_return how;
    if (run->switched_off)
        co_return fail(errc::closed, "source " + name + ", which was switched off meanwhile");
    // Its connection may have been closed before it heard of that itself.
    if (auto const may = through.is_wanted(std::chrono::system_clock::now()); !may)
        co_return tl::unexpected(may.error());
    co_return how;
}

}  // namespace pons::upstream
