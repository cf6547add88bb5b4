#pragma once

#include "proxy/render/shared_passes.hpp"
#include "render/errc.hpp"
#include "upstream/cancelling.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// Requests for frames, before a renderer whose jobs wait until they are let go.
namespace pons::test::passes {

using namespace std::chrono_literals;
using proxy::render::job;
using proxy::render::part_info;
using proxy::render::shared_passes;
using proxy::render::sharing;
using upstream::errc;
using upstream::retrieve_request;
using pixels = pons::render::errc;

using numbers = std::vector<std::uint32_t>;

/// Which archive it is matters, and nothing else.
struct some_archive final : upstream::archive {
    awaitable<result<upstream::found>> find(mapping::find_request const&, upstream::row_sink&, time_point) override
    {
        co_return fail(errc::unsupported);
    }
    awaitable<result<void>> verify(time_point) override { co_return fail(errc::unsupported); }
};

/// Takes what a request gets; one that is slow waits until it is let go.
struct collected final : proxy::render::part_receiver {
    std::string got;
    steady_timer* slow = nullptr;

    awaitable<result<void>> begin(part_info const& part) override
    {
        got += std::to_string(part.frame) + ":";
        co_return result<void>();
    }
    awaitable<result<void>> write(std::span<std::byte const> bytes) override
    {
        if (slow)
            co_await slow->async_wait(as_tuple);
        got.append(reinterpret_cast<char const*>(bytes.data()), bytes.size());
        co_return result<void>();
    }
    awaitable<result<void>> end() override
    {
        got += ';';
        co_return result<void>();
    }
};

/// A request that runs on the context, and can be given up.
struct request {
    collected to;
    asio::cancellation_signal leave;
    std::optional<result<void>> done;
};

struct tried {
    asio::io_context on{1};
    some_archive archive;
    shared_passes passes;
    std::deque<request> requests;

    // What is asked of the renderer: each job waits until it is released.
    struct run {
        job asked;
        steady_timer gate;
        bool ended = false;
    };
    std::deque<run> runs;
    std::map<std::uint32_t, pixels> broken;  // frames that cannot be made
    std::optional<errc> fails;

    explicit tried(sharing most = {.patience = 1h, .coming_back = 0ms})
        : passes(
              on.get_executor(),
              [this](job asked, proxy::render::feed, proxy::render::part_receiver& to, time_point) {
                  return make(*this, std::move(asked), to);
              },
              most)
    {
    }

    static awaitable<result<void>> make(tried& t, job asked, proxy::render::part_receiver& to)
    {
        t.runs.push_back({std::move(asked), steady_timer(t.on, time_point::max())});
        auto& now = t.runs.back();
        co_await now.gate.async_wait(as_tuple);
        now.ended = true;
        bool const gone = co_await upstream::is_cancelled();
        if (gone)
            co_return fail(errc::cancelled);
        if (t.fails)
            co_return fail(*t.fails, "here");
        auto frames = now.asked.frames;
        if (frames.empty())
            frames.push_back(7);
        for (auto const n : frames) {
            if (t.broken.contains(n))
                co_return fail(t.broken.at(n));
            part_info const part{.frame = n};
            auto const begun = co_await to.begin(part);
            auto const text = "frame " + std::to_string(n);
            auto const bytes = std::as_bytes(std::span(text));
            auto const half = co_await to.write(bytes.first(3));
            auto const rest = co_await to.write(bytes.subspan(3));
            auto const end = co_await to.end();
            if (!begun || !half || !rest || !end)
                co_return fail(errc::aborted);
        }
        co_return result<void>();
    }

    void settle()
    {
        on.restart();
        on.poll();
    }
    request& ask(job asked, std::string const& instance = "1.2.3", time_point deadline = clock::now() + 1h)
    {
        auto& one = requests.emplace_back();
        asio::co_spawn(on, ask_now(*this, std::move(asked), instance, one.to, deadline),
                       asio::bind_cancellation_slot(one.leave.slot(), [&one](std::exception_ptr, result<void> how) {
                           one.done = std::move(how);
                       }));
        settle();
        return one;
    }
    request& ask_for(std::uint32_t frame) { return ask(frames({frame})); }
    static job frames(numbers list) { return {.kind = pons::render::job_kind::frames, .frames = std::move(list)}; }
    static awaitable<result<void>> ask_now(tried& t, job asked, std::string instance, collected& to,
                                           time_point deadline)
    {
        co_await asio::this_coro::throw_if_cancelled(false);
        retrieve_request const what{"1.2", "1.2.1", instance};
        auto work = t.passes.run(t.archive, what, std::move(asked), {}, to, deadline);
        result<void> done = co_await std::move(work);
        co_return done;
    }
    void release(std::size_t which)
    {
        runs.at(which).gate.cancel();
        settle();
    }
    void give_up(request& one)
    {
        one.leave.emit(asio::cancellation_type::terminal);
        settle();
    }
};

inline bool is_well(request const& one)
{
    return one.done && *one.done;
}

inline bool failed_with(request const& one, std::error_code why)
{
    return one.done && !*one.done && one.done->error().code == why;
}

}  // namespace pons::test::passes
