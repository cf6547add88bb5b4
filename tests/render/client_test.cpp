#include "tests/render/client.hpp"

#include <sys/types.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <csignal>
#include <fstream>

using namespace pons;
using proxy::render::rendered;
using test::bytes;
using test::file;

namespace {

result<rendered> run(test::renderers& with, render::job const& asked, bytes const& instance, test::part_collector& to,
                     time_point deadline = test::soon())
{
    std::size_t seen = 0;
    return test::run(with.context, with.renderer.run(asked, test::from_memory(instance, seen), to, deadline));
}

render::job const jpeg{};

}  // namespace

TEST_CASE("a worker makes what the job makes without a process, and is used again")
{
    test::renderers with;
    std::vector<int> first;
    for (auto const kind : {render::job_kind::render, render::job_kind::frames, render::job_kind::transcode}) {
        auto const instance = file("pixels/mr/emri_small_RLE.dcm");
        render::job const asked{.kind = kind};
        test::part_collector got;
        auto const done = run(with, asked, instance, got);
        REQUIRE(done);
        auto const here = test::run(asked, instance);
        REQUIRE(here);
        REQUIRE(got.parts.size() == here->size());
        CHECK(done->parts == here->size());
        CHECK(got.ended == here->size());
        CHECK(done->source.sop_instance_uid == "1.2");
        for (std::size_t i = 0; i < got.parts.size(); ++i) {
            CHECK(got.parts[i].info == (*here)[i].info);
            CHECK(got.parts[i].body == (*here)[i].body);
        }
        if (first.empty())
            first = with.renderer.workers();
        CHECK(first.size() == 1);
        CHECK(with.renderer.workers() == first);
    }
}

TEST_CASE("a fault of the instance is a value, and the worker goes on")
{
    test::renderers with;
    test::part_collector got;
    auto const video = run(with, jpeg, file("pixels/generated/video-h264.dcm"), got);
    REQUIRE(!video);
    CHECK(video.error().code == render::errc::unsupported_syntax);
    auto const before = with.renderer.workers();

    auto const report = run(with, jpeg, file("dicom/sr-ko/test-SR.dcm"), got);
    REQUIRE(!report);
    CHECK(report.error().code == render::errc::no_pixel_data);

    auto const beyond =
        run(with, {.kind = render::job_kind::frames, .frames = {11}}, file("pixels/mr/emri_small.dcm"), got);
    REQUIRE(!beyond);
    CHECK(beyond.error().code == render::errc::no_such_frame);
    CHECK(got.parts.empty());

    CHECK(run(with, jpeg, file("dicom/ct/CT_small.dcm"), got).has_value());
    CHECK(with.renderer.workers() == before);
}

TEST_CASE("a job that needs only the first frame does not take the rest")
{
    test::renderers with;
    auto instance = file("pixels/us/examples_ybr_color.dcm");
    // What follows would be long: half a gigabyte that is never asked for.
    std::size_t seen = 0;
    bytes const more(1 << 20);
    proxy::render::feed const endless = [&](upstream::part_sink& to) {
        return [](upstream::part_sink& into, bytes const& begin, bytes const& rest,
                  std::size_t& count) -> awaitable<result<void>> {
            upstream::part_head const head;
            auto const begun = co_await into.begin(head);
            if (!begun)
                co_return begun;
            auto const started = std::span(begin).first(begin.size() / 2);
            auto written = co_await into.write(started);
            for (int i = 0; i < 512 && written; ++i, ++count)
                written = co_await into.write(rest);
            co_return written;
        }(to, instance, more, seen);
    };
    test::part_collector got;
    auto const done = test::run(
        with.context, with.renderer.run({.kind = render::job_kind::frames, .frames = {1}}, endless, got, test::soon()));
    REQUIRE(done);
    CHECK(got.parts.size() == 1);
    CHECK(seen < 100);

    auto const before = with.renderer.workers();
    test::part_collector again;
    CHECK(run(with, jpeg, file("dicom/ct/CT_small.dcm"), again).has_value());
    CHECK(with.renderer.workers() == before);
}

TEST_CASE("a worker that is killed in the middle of a job is a value too, and replaced")
{
    test::renderers with;
    auto const instance = file("pixels/us/examples_ybr_color.dcm");
    proxy::render::feed const killing = [&](upstream::part_sink& to) {
        return [](upstream::part_sink& into, bytes const& all, proxy::render::renderer& r) -> awaitable<result<void>> {
            upstream::part_head const head;
            auto const begun = co_await into.begin(head);
            if (!begun)
                co_return begun;
            auto const half = std::span(all).first(all.size() / 2);
            auto written = co_await into.write(half);
            ::kill(r.workers().front(), SIGKILL);
            while (written)
                written = co_await into.write(half);
            co_return written;
        }(to, instance, with.renderer);
    };
    test::part_collector got;
    render::job const all{.kind = render::job_kind::frames};
    auto const done = test::run(with.context, with.renderer.run(all, killing, got, test::soon()));
    REQUIRE(!done);
    CHECK(done.error().code == render::errc::crashed);

    test::part_collector again;
    CHECK(run(with, jpeg, file("dicom/ct/CT_small.dcm"), again).has_value());
    CHECK(with.renderer.workers().size() == 1);
}

TEST_CASE("a deadline ends the worker, not the renderer")
{
    test::renderers with;
    proxy::render::feed const silent = [&](upstream::part_sink& to) {
        return [](upstream::part_sink& into) -> awaitable<result<void>> {
            upstream::part_head const head;
            auto const begun = co_await into.begin(head);
            if (!begun)
                co_return begun;
            auto const here = co_await asio::this_coro::executor;
            steady_timer never(here, time_point::max());
            co_await never.async_wait(as_tuple);
            co_return fail(upstream::errc::cancelled);
        }(to);
    };
    test::part_collector got;
    auto const until = clock::now() + std::chrono::milliseconds(50);
    auto const done = test::run(with.context, with.renderer.run(jpeg, silent, got, until));
    REQUIRE(!done);
    CHECK(done.error().code == render::errc::out_of_time);
    CHECK(with.renderer.workers().empty());

    test::part_collector again;
    CHECK(run(with, jpeg, file("dicom/ct/CT_small.dcm"), again).has_value());
}

TEST_CASE("what the feed says is the result, and nothing is waited for")
{
    test::renderers with;
    test::part_collector got;
    proxy::render::feed const nothing = [](upstream::part_sink&) {
        return []() -> awaitable<result<void>> { co_return result<void>{}; }();
    };
    auto const none = test::run(with.context, with.renderer.run(jpeg, nothing, got, test::soon()));
    REQUIRE(!none);
    CHECK(none.error().code == upstream::errc::not_found);

    proxy::render::feed const refused = [](upstream::part_sink&) {
        return []() -> awaitable<result<void>> { co_return fail(upstream::errc::refused); }();
    };
    auto const no = test::run(with.context, with.renderer.run(jpeg, refused, got, test::soon()));
    REQUIRE(!no);
    CHECK(no.error().code == upstream::errc::refused);
    CHECK(with.renderer.workers().empty());
}

TEST_CASE("a program that is not there is an error")
{
    auto how = test::worker_settings();
    how.program = "/nonexistent/pons-render";
    test::renderers with(how);
    test::part_collector got;
    auto const done = run(with, jpeg, file("dicom/ct/CT_small.dcm"), got);
    REQUIRE(!done);
    CHECK(done.error().code == render::errc::unavailable);
}

TEST_CASE("a full queue is said at once, with when to come again")
{
    auto how = test::worker_settings();
    how.queue_length = 1;
    test::renderers with(how);
    auto const instance = file("dicom/ct/CT_small.dcm");
    std::vector<std::error_code> codes;
    std::vector<test::part_collector> parts(3);
    std::vector<std::size_t> seen(3);
    for (std::size_t i = 0; i < 3; ++i)
        asio::co_spawn(with.context.get_executor(),
                       with.renderer.run(jpeg, test::from_memory(instance, seen[i]), parts[i], test::soon()),
                       [&](std::exception_ptr thrown, result<rendered> done) {
                           CHECK(!thrown);
                           codes.push_back(done ? std::error_code() : done.error().code);
                           if (!done)
                               CHECK(done.error().retry_after.count() > 0);
                       });
    with.context.run();
    REQUIRE(codes.size() == 3);
    CHECK(std::ranges::count(codes, std::error_code()) == 2);
    CHECK(std::ranges::count(codes, make_error_code(upstream::errc::overloaded)) == 1);
}

TEST_CASE("a client that leaves ends the worker")
{
    test::renderers with;
    test::part_collector got;
    asio::cancellation_signal leave;
    proxy::render::feed const leaving = [&](upstream::part_sink& to) {
        return [](upstream::part_sink& into, asio::cancellation_signal& now) -> awaitable<result<void>> {
            upstream::part_head const head;
            auto const begun = co_await into.begin(head);
            if (!begun)
                co_return begun;
            auto const here = co_await asio::this_coro::executor;
            asio::post(here, [&now] { now.emit(asio::cancellation_type::terminal); });
            steady_timer never(here, time_point::max());
            co_await never.async_wait(as_tuple);
            co_return fail(upstream::errc::cancelled);
        }(to, leave);
    };
    std::error_code code;
    asio::co_spawn(with.context.get_executor(), with.renderer.run(jpeg, leaving, got, test::soon()),
                   asio::bind_cancellation_slot(leave.slot(), [&](std::exception_ptr thrown, result<rendered> done) {
                       CHECK(!thrown);
                       if (!done)
                           code = done.error().code;
                   }));
    with.context.run();
    CHECK(code == upstream::errc::cancelled);
    CHECK(with.renderer.workers().empty());
}

TEST_CASE("a job that fails while the archive is silent ends at once, and the worker is free again")
{
    test::renderers with;
    auto const instance = file("dicom/studies/rt-breast/ct.0.dcm");
    proxy::render::feed const slow = [&](upstream::part_sink& to) {
        return test::write_half(to, instance, "1.2.840.10008.1.2", {});
    };
    for (int i = 0; i < 3; ++i) {
        test::part_collector got;
        render::job const beyond{.kind = render::job_kind::frames, .frames = {999}};
        auto const done = test::run(with.context, with.renderer.run(beyond, slow, got, test::soon()));
        REQUIRE(!done);
        CHECK(done.error().code == render::errc::no_such_frame);
    }
    CHECK(with.renderer.workers().size() == 1);
}
