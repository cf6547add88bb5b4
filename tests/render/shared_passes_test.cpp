#include "proxy/render/shared_passes.hpp"

#include "render/errc.hpp"
#include "upstream/cancelling.hpp"

#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <deque>
#include <map>
#include <optional>

using namespace pons;
using namespace std::chrono_literals;
using proxy::render::job;
using proxy::render::part_info;
using proxy::render::shared_passes;
using proxy::render::sharing;
using upstream::errc;
using upstream::retrieve_request;
using pixels = pons::render::errc;

namespace {

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

bool is_well(request const& one)
{
    return one.done && *one.done;
}

bool failed_with(request const& one, std::error_code why)
{
    return one.done && !*one.done && one.done->error().code == why;
}

}  // namespace

TEST_CASE("frames that are asked for while a pass runs come of one pass")
{
    tried t;
    auto& first = t.ask_for(1);
    auto& a = t.ask_for(9);
    auto& b = t.ask_for(4);
    auto& c = t.ask_for(9);
    REQUIRE(t.runs.size() == 1);
    CHECK(t.runs[0].asked.frames == numbers{1});
    t.release(0);
    CHECK(is_well(first));
    CHECK(first.to.got == "1:frame 1;");
    REQUIRE(t.runs.size() == 2);
    CHECK(t.runs[1].asked.frames == numbers{4, 9});
    CHECK_FALSE(a.done);
    t.release(1);
    for (auto const* one : {&a, &b, &c})
        CHECK(is_well(*one));
    CHECK(a.to.got == "9:frame 9;");
    CHECK(b.to.got == "4:frame 4;");
    CHECK(c.to.got == "9:frame 9;");

    auto& later = t.ask_for(4);  // nothing is kept
    CHECK(t.runs.size() == 3);
    t.release(2);
    CHECK(later.to.got == "4:frame 4;");
}

TEST_CASE("one that is alone in its pass runs as if it had come alone")
{
    tried t;
    t.ask_for(1);
    auto& second = t.ask_for(2);
    t.release(0);
    REQUIRE(t.runs.size() == 2);
    auto& third = t.ask_for(3);
    CHECK(t.runs.size() == 2);
    t.release(1);
    CHECK(second.to.got == "2:frame 2;");
    t.release(2);
    CHECK(third.to.got == "3:frame 3;");
}

TEST_CASE("only what is the same but for the frame shares a pass")
{
    tried t;
    auto other = tried::frames({3});
    other.stored_syntaxes = {"*"};
    job const rendered{.kind = pons::render::job_kind::render, .frames = {3}};
    job representative{.kind = pons::render::job_kind::render};
    t.ask_for(1);
    t.ask_for(2);
    CHECK(t.runs.size() == 1);
    t.ask(other);
    t.ask(rendered);
    t.ask(representative);
    t.ask(tried::frames({3}), "1.2.4");
    CHECK(t.runs.size() == 5);
    t.ask(tried::frames({}));  // several parts, or we do not know how many: by themselves
    t.ask(tried::frames({1, 2}));
    t.ask(tried::frames({1, 2}));
    t.ask({.kind = pons::render::job_kind::render, .format = pons::render::image_format::gif});
    t.ask(tried::frames({3}), "");
    t.ask(tried::frames({3}), "");
    CHECK(t.runs.size() == 11);
    auto& same = t.ask(representative);
    auto& again = t.ask(representative);
    CHECK(t.runs.size() == 11);
    t.release(4 - 1);
    t.release(3 - 1);
    t.release(11);
    CHECK(same.to.got == "7:frame 7;");
    CHECK(again.to.got == "7:frame 7;");
    for (std::size_t i = 0; i < t.runs.size(); ++i)
        t.release(i);
    for (auto const& one : t.requests)
        CHECK(is_well(one));
}

TEST_CASE("who leaves takes nobody along")
{
    tried t;
    SUBCASE("the first")
    {
        auto& first = t.ask_for(1);
        auto& a = t.ask_for(2);
        t.ask_for(3);
        t.give_up(first);
        CHECK(failed_with(first, make_error_code(errc::cancelled)));
        REQUIRE(t.runs.size() == 2);
        t.release(1);
        CHECK(a.to.got == "2:frame 2;");
    }
    SUBCASE("one that waits")
    {
        t.ask_for(1);
        auto& a = t.ask_for(2);
        auto& b = t.ask_for(3);
        auto& c = t.ask_for(4);
        t.give_up(a);
        CHECK(failed_with(a, make_error_code(errc::cancelled)));
        t.release(0);
        CHECK(t.runs.at(1).asked.frames == numbers{3, 4});
        t.give_up(b);
        CHECK(failed_with(b, make_error_code(errc::cancelled)));
        CHECK_FALSE(t.runs.at(1).ended);
        t.release(1);
        CHECK(c.to.got == "4:frame 4;");
    }
    SUBCASE("the last one ends the pass, and what comes then begins anew")
    {
        t.ask_for(1);
        auto& a = t.ask_for(2);
        auto& b = t.ask_for(3);
        t.release(0);
        t.give_up(a);
        CHECK_FALSE(t.runs.at(1).ended);
        t.give_up(b);
        CHECK(t.runs.at(1).ended);
        CHECK(failed_with(b, make_error_code(errc::cancelled)));
        auto& c = t.ask_for(4);
        t.release(2);
        CHECK(c.to.got == "4:frame 4;");
    }
    SUBCASE("all that wait leave before their pass")
    {
        t.ask_for(1);
        t.give_up(t.ask_for(2));
        t.give_up(t.ask_for(3));
        t.release(0);
        CHECK(t.runs.size() == 1);
        auto& c = t.ask_for(4);
        t.release(1);
        CHECK(c.to.got == "4:frame 4;");
    }
}

TEST_CASE("what fails for all fails for all, what concerns a frame for those that asked for it")
{
    tried t;
    t.ask_for(1);
    auto& a = t.ask_for(2);
    auto& b = t.ask_for(3);
    SUBCASE("the archive")
    {
        t.release(0);
        t.fails = errc::unreachable;
        t.release(1);
        CHECK(t.runs.size() == 2);
        for (auto const* one : {&a, &b})
            CHECK(failed_with(*one, make_error_code(errc::unreachable)));
        CHECK(a.done->error().where == "here");
    }
    SUBCASE("the instance")
    {
        t.release(0);
        t.broken = {{2, pixels::no_pixel_data}};
        t.release(1);
        CHECK(t.runs.size() == 2);
        for (auto const* one : {&a, &b})
            CHECK(failed_with(*one, make_error_code(pixels::no_pixel_data)));
    }
    SUBCASE("a frame, when others have come")
    {
        t.broken = {{3, pixels::malformed}};
        t.release(0);
        t.release(1);
        CHECK(a.to.got == "2:frame 2;");
        REQUIRE(t.runs.size() == 3);
        t.release(2);
        CHECK(failed_with(b, make_error_code(pixels::malformed)));
    }
    SUBCASE("a frame that there is not, before any")
    {
        t.broken = {{2, pixels::no_such_frame}};
        t.release(0);
        t.release(1);
        REQUIRE(t.runs.size() == 4);
        t.release(2);
        t.release(3);
        CHECK(failed_with(a, make_error_code(pixels::no_such_frame)));
        CHECK(b.to.got == "3:frame 3;");
    }
}

TEST_CASE("a slow client keeps nobody waiting, nor the pass")
{
    tried t;
    steady_timer let_go(t.on, time_point::max());
    t.ask_for(1);
    auto& slow = t.ask_for(2);
    auto& quick = t.ask_for(3);
    slow.to.slow = &let_go;
    t.release(0);
    t.release(1);
    CHECK(is_well(quick));
    CHECK_FALSE(slow.done);
    auto& next = t.ask_for(4);
    CHECK(t.runs.size() == 3);
    t.release(2);
    CHECK(is_well(next));
    let_go.cancel();
    t.settle();
    CHECK(is_well(slow));
    CHECK(slow.to.got == "2:frame 2;");
}

TEST_CASE("frames that find no room are made for each alone")
{
    tried t({.held = 10, .patience = 1h, .coming_back = 0ms});
    steady_timer let_go(t.on, time_point::max());
    t.ask_for(1);
    auto& a = t.ask_for(2);
    auto& b = t.ask_for(3);
    a.to.slow = &let_go;  // holds its frame
    t.release(0);
    t.release(1);
    REQUIRE(t.runs.size() == 3);
    CHECK(t.runs[2].asked.frames == numbers{3});
    t.release(2);
    CHECK(b.to.got == "3:frame 3;");
    let_go.cancel();
    t.settle();
    CHECK(is_well(a));
}

TEST_CASE("those that got a frame are waited for, and no longer than until all have come")
{
    tried t({.patience = 1h, .coming_back = 1h});
    t.ask_for(1);
    t.ask_for(2);
    t.ask_for(3);
    t.release(0);
    auto& meanwhile = t.ask_for(4);
    t.release(1);
    CHECK(t.runs.size() == 2);
    t.ask_for(5);
    CHECK(t.runs.size() == 2);
    t.ask_for(6);
    REQUIRE(t.runs.size() == 3);
    CHECK(t.runs[2].asked.frames == numbers{4, 5, 6});
    t.release(2);
    CHECK(is_well(meanwhile));
}

TEST_CASE("a pass that takes long is not waited for forever")
{
    tried t({.patience = 0ms, .coming_back = 0ms});
    t.ask_for(1);
    auto& a = t.ask_for(2);
    CHECK(t.runs.size() == 2);
    t.release(1);
    CHECK(is_well(a));
    CHECK_FALSE(t.requests.front().done);
    t.release(0);
    CHECK(is_well(t.requests.front()));
}

TEST_CASE("each has its own deadline, and a pass as many clients as it may")
{
    tried t({.clients = 2, .patience = 1h, .coming_back = 0ms});
    t.ask_for(1);
    auto& late = t.ask(tried::frames({2}), "1.2.3", clock::now());
    CHECK(failed_with(late, make_error_code(pixels::out_of_time)));
    t.ask_for(3);
    CHECK(t.runs.size() == 1);
    t.ask_for(4);
    REQUIRE(t.runs.size() == 2);
    CHECK(t.runs[1].asked.frames == numbers{3, 4});
    t.release(1);
    t.release(0);
}
