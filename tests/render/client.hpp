#pragma once

#include "proxy/render/renderer.hpp"
#include "render/errc.hpp"
#include "tests/render/jobs.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <span>
#include <string>
#include <vector>

/// Renderers with real workers, fed from memory.
namespace pons::test {

inline proxy::render::settings worker_settings()
{
    proxy::render::settings how;
    how.program = PONS_RENDER_PROGRAM;
    how.workers = 1;
    return how;
}

/// Workers on an io_context of their own.
struct renderers {
    asio::io_context context{1};
    proxy::render::renderer renderer;

    explicit renderers(proxy::render::settings how = worker_settings())
        : renderer(context.get_executor(), how, proxy::render::make_budget(how))
    {
    }
};

struct part_collector final : proxy::render::part_receiver {
    std::vector<part> parts;
    std::uint32_t ended = 0;

    awaitable<result<void>> begin(render::part_info const& info) override
    {
        parts.push_back({info, {}});
        co_return result<void>{};
    }
    awaitable<result<void>> write(std::span<std::byte const> more) override
    {
        parts.back().body.insert(parts.back().body.end(), more.begin(), more.end());
        co_return result<void>{};
    }
    awaitable<result<void>> end() override
    {
        ++ended;
        co_return result<void>{};
    }
};

/// Writes an instance into a sink, a piece at a time; `seen` counts what was taken.
inline awaitable<result<void>> write_instance(upstream::part_sink& to, bytes const& instance, std::size_t& seen,
                                              std::string syntax = "1.2.3")
{
    upstream::part_head head;
    head.sop_instance_uid = "1.2";
    head.transfer_syntax_uid = std::move(syntax);
    auto const begun = co_await to.begin(head);
    if (!begun)
        co_return begun;
    for (auto left = std::span(instance); !left.empty();) {
        auto const piece = left.first(std::min<std::size_t>(left.size(), 50'000));
        auto const written = co_await to.write(piece);
        if (!written)
            co_return written;
        left = left.subspan(piece.size());
        seen += piece.size();
    }
    auto const ended = co_await to.end();
    co_return ended;
}

/// Writes half of an instance, then is silent until it is cancelled, as an archive is that is slow.
inline awaitable<result<void>> write_half(upstream::part_sink& to, bytes const& instance, std::string syntax,
                                          result<void> after)
{
    upstream::part_head head;
    head.transfer_syntax_uid = std::move(syntax);
    auto const begun = co_await to.begin(head);
    if (!begun)
        co_return begun;
    auto const half = std::span(instance).first(instance.size() / 2);
    auto const written = co_await to.write(half);
    if (!written)
        co_return written;
    if (!after)
        co_return after;
    auto const here = co_await asio::this_coro::executor;
    steady_timer never(here, time_point::max());
    co_await never.async_wait(as_tuple);
    co_return fail(upstream::errc::cancelled);
}

inline proxy::render::feed from_memory(bytes const& instance, std::size_t& seen)
{
    return [&instance, &seen](upstream::part_sink& to) { return write_instance(to, instance, seen); };
}

inline time_point soon()
{
    return clock::now() + std::chrono::seconds(60);
}

}  // namespace pons::test
