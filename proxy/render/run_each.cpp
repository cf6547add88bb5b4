#include "proxy/render/passage.hpp"
#include "render/errc.hpp"
#include "upstream/cancelling.hpp"

namespace pons::proxy::render {

namespace {

using pons::render::errc;

/// Whether the worker goes on after it said so: it then passes over the rest of the instance.
bool is_sound_after(result<void> const& said)
{
    if (said)
        return true;
    auto const& code = said.error().code;
    return code.category() == pons::render::error_category() && code != errc::crashed && code != errc::out_of_time &&
           code != errc::bad_request && code != errc::out_of_memory && code != errc::unavailable;
}

bool is_done_or_without_pixels(result<void> const& said)
{
    return said || said.error().code == errc::no_pixel_data;
}

/// Where instances go that are passed over.
struct nowhere final : upstream::part_sink {
    awaitable<result<void>> begin(upstream::part_head const&) override { co_return result<void>(); }
    awaitable<result<void>> write(std::span<std::byte const>) override { co_return result<void>(); }
    awaitable<result<void>> end() override { co_return result<void>(); }
};

awaitable<result<void>> run_each_now(pool& workers, job const& asked, feed const& bring, instances_receiver& to)
{
    auto const on = co_await asio::this_coro::executor;
    nowhere passed_over;
    auto const around = [&](upstream::part_head const& head, job&) { return to.wants(head) ? nullptr : &passed_over; };
    passage through(on, workers,
                    {.asked = asked,
                     .to = to,
                     .around = around,
                     .leaves_it_sound = is_sound_after,
                     .is_tolerated = is_done_or_without_pixels});
    auto const done = co_await through.run(bring);
    co_return done;
}

}  // namespace

awaitable<result<void>> renderer::run_each(job asked, feed bring, instances_receiver& to)
{
    auto const workers = pool_;
    auto work = run_each_now(*workers, asked, bring, to);
    auto done = co_await upstream::cancelled_as_value(std::move(work));
    co_return done;
}

}  // namespace pons::proxy::render
