#include "tests/upstream/dimse/storing.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>

namespace {

using namespace pons;
using namespace pons::test;
using upstream::errc;

TEST_CASE("an association that breaks costs the instance that was on its way; what was told stays told")
{
    struct {
        char const* name;
        std::size_t size;
        bool answers;  // else it goes before the end of the instance
    } const cases[] = {{"after the instance", 1000, false}, {"within a long one", 20'000'000, true}};
    for (auto const& c : cases) {
        CAPTURE(c.name);
        received got;
        std::atomic<int> associations{0};
        raw_scp const peer([&, well = takes(got, &always_well)](raw_scp::connection& over) {
            if (++associations != 1)
                return well(over);
            get_peer first(over);
            first.accept();
            first.answer_store(over.read_message(), 0);
            if (c.answers)
                (void)over.read_pdu();
            else
                (void)over.read_message();
            over.abort();
        });
        given_instances given;
        given.files = {make("1.2.1").file, make("1.2.2", c.size).file, make("1.2.3", 70'000).file};
        storer us(peer.port());
        auto const done = us.store(given);
        REQUIRE(done);
        CHECK(statuses(*done) == std::vector<int>{0, 0x0110, 0});
        auto const taken = got.taken();
        REQUIRE(taken.size() == 1);
        CHECK((taken[0].data_set == make("1.2.3", 70'000).data_set));
    }
}

TEST_CASE("what an archive says of an instance is told with it, and of no other")
{
    raw_scp const peer([](raw_scp::connection& over) {
        get_peer p(over);
        p.accept();
        p.answer_store(over.read_message(), 0xA900, "Series Description is too long");
        p.answer_store(over.read_message(), 0xC000);
        (void)over.read_message();
    });
    given_instances given;
    given.files = {make("1.2.1").file, make("1.2.2").file};
    storer us(peer.port());
    auto const done = us.store(given);
    REQUIRE(done);
    CHECK(statuses(*done) == std::vector<int>{0xA900, 0xC000});
    CHECK(done->instances[0].comment == "Series Description is too long");
    CHECK(done->instances[1].comment.empty());
}

TEST_CASE("an archive that answers for none of them is an error")
{
    SUBCASE("it breaks off")
    {
        raw_scp const peer([](raw_scp::connection& over) {
            get_peer p(over);
            p.accept();
            (void)over.read_message();
            over.abort();
        });
        given_instances given;
        given.files.assign(5, make("1.2.1").file);
        storer us(peer.port());
        auto const done = us.store(given);
        REQUIRE_FALSE(done);
        CHECK(done.error().code == errc::aborted);
        CHECK(peer.connections() == 3);  // and then it is left in peace
    }
    SUBCASE("it rejects the association")
    {
        raw_scp const peer([](raw_scp::connection& over) { over.reject_association(1, 1, 7); });
        given_instances given;
        given.files = {make("1.2.1").file, make("1.2.2").file};
        storer us(peer.port());
        auto const done = us.store(given);
        REQUIRE_FALSE(done);
        CHECK(done.error().code == errc::association_rejected);
        CHECK(given.index == 1);
    }
    SUBCASE("nobody is there")
    {
        std::uint16_t port = 0;
        {
            raw_scp const gone_again([](raw_scp::connection&) {});
            port = gone_again.port();
        }
        given_instances given;
        given.files = {make("1.2.1").file};
        storer us(port);
        auto const done = us.store(given);
        REQUIRE_FALSE(done);
        CHECK(done.error().code == errc::unreachable);
    }
}

/// Gives a piece, and then nothing until it fails.
struct slow_giver final : upstream::instance_source {
    made const one = make("1.2.1", 300'000);
    steady_timer* waits = nullptr;
    bool fails = false;
    bool given = false;

    awaitable<result<std::optional<upstream::part_head>>> next() override
    {
        co_return upstream::dicomweb::read_file_head(std::as_bytes(std::span(one.file)), {}, true);
    }
    awaitable<result<std::span<std::byte const>>> read() override
    {
        if (!std::exchange(given, true))
            co_return std::as_bytes(std::span(one.file)).first(200'000);
        steady_timer timer(co_await asio::this_coro::executor, time_point::max());
        waits = &timer;
        if (!fails) {
            auto const [ec] = co_await timer.async_wait(as_tuple);
            static_cast<void>(ec);
        }
        waits = nullptr;
        co_return fail(errc::cancelled, "the giver");
    }
};

TEST_CASE("a giver who fails, or is cancelled, in the middle of an instance: it never ends at the archive")
{
    for (bool const cancelled : {false, true}) {
        CAPTURE(cancelled);
        std::function<void()> when_it_has_begun;
        std::promise<bool> broken_off;
        raw_scp const peer([&](raw_scp::connection& over) {
            get_peer p(over);
            p.accept();
            (void)over.read_pdu();  // the command
            (void)over.read_pdu();
            when_it_has_begun();
            try {
                for (;;) {
                    auto const pdu = over.read_pdu();
                    CHECK((pdu.type != 0x04 || (pdu.body[5] & 2) == 0));  // the last PDV never comes
                    if (pdu.type == 0x07)
                        return broken_off.set_value(true);
                }
            } catch (raw_scp::gone const&) {
                broken_off.set_value(false);
            }
        });
        storer us(peer.port());
        slow_giver giver;
        asio::cancellation_signal signal;
        when_it_has_begun = [&] {
            asio::post(us.context(), [&] {
                giver.fails = true;
                if (cancelled)
                    signal.emit(asio::cancellation_type::terminal);
                else if (giver.waits)
                    giver.waits->cancel();
            });
        };
        std::optional<result<upstream::stored>> done;
        auto const keep = [&](std::exception_ptr e, result<upstream::stored> r) {
            CHECK_FALSE(e);
            done = std::move(r);
        };
        asio::co_spawn(us.context(), us.archive().store(giver, clock::now() + 10s),
                       asio::bind_cancellation_slot(signal.slot(), keep));
        us.context().run();
        REQUIRE(done);
        REQUIRE_FALSE(*done);
        CHECK(done->error().code == errc::cancelled);
        auto told = broken_off.get_future();
        REQUIRE(told.wait_for(10s) == std::future_status::ready);
        CHECK(told.get());
    }
}

TEST_CASE("nothing to store asks nobody")
{
    given_instances none;
    storer us(std::uint16_t{1});
    auto const done = us.store(none);
    REQUIRE(done);
    CHECK(done->instances.empty());
}

}  // namespace
