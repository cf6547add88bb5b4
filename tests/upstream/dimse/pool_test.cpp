#include "tests/upstream/dimse/asking.hpp"
#include "upstream/dimse/association_pool.hpp"

#include <doctest/doctest.h>

#include <future>
#include <semaphore>

namespace {

using namespace pons;
using namespace pons::test;
using upstream::errc;

TEST_CASE("a client that leaves ends the query at the archive with C-CANCEL")
{
    std::promise<dimse_message> cancelled;
    std::binary_semaphore asked{0};
    raw_scp const archive([&](raw_scp::connection& peer) {
        peer.accept_association();
        auto const rq = peer.read_message();
        asked.release();
        cancelled.set_value(peer.read_message());
        peer.respond(rq, 0xFE00);
        peer.respond(peer.read_message(), 0x0000);
        (void)peer.read_message();
    });
    auto source = source_at(archive.port());
    source.limits.associations = 1;
    caller us(source);
    row_list rows;
    std::optional<result<upstream::found>> answer;
    asio::cancellation_signal leave;
    us.start(all_studies(), rows, 30s, answer, &leave);
    std::jthread const client([&] {
        asked.acquire();
        asio::post(us.context(), [&] { leave.emit(asio::cancellation_type::terminal); });
    });
    us.run();
    REQUIRE(answer);
    REQUIRE_FALSE(*answer);
    CHECK(answer->error().code == errc::cancelled);
    auto const message = cancelled.get_future().get();
    CHECK(message.command_field == 0x0FFF);
    CHECK(message.message_id == 1);
    CHECK(us.find());  // on the same association
    CHECK(archive.connections() == 1);
}

TEST_CASE("a client that leaves in the middle of the rows gets no more of them")
{
    raw_scp const archive([](raw_scp::connection& peer) {
        peer.accept_association();
        auto const rq = peer.read_message();
        for (int i = 0;; ++i)
            peer.respond(rq, 0xFF00, study_row(i));
    });
    auto source = source_at(archive.port());
    source.limits.max_rows = 0;
    caller us(source);
    row_list rows;
    std::optional<result<upstream::found>> answer;
    asio::cancellation_signal leave;
    std::size_t at_leaving = 0;
    rows.each = [&] {
        if (rows.rows.size() == 100)
            asio::post(us.context(), [&] {
                at_leaving = rows.rows.size();
                leave.emit(asio::cancellation_type::terminal);
            });
    };
    us.start(all_studies(), rows, 30s, answer, &leave);
    us.run();
    REQUIRE(answer);
    CHECK(answer->error().code == errc::cancelled);
    CHECK(at_leaving >= 100);
    CHECK(rows.rows.size() == at_leaving);
}

TEST_CASE("an io_context that is destroyed in the middle of a find takes nothing down with it")
{
    std::binary_semaphore asked{0};
    raw_scp const archive([&](raw_scp::connection& peer) {
        peer.accept_association();
        auto const rq = peer.read_message();
        asked.release();
        for (int i = 0;; ++i)
            peer.respond(rq, 0xFF00, study_row(i));
    });
    auto const source = source_at(archive.port());
    auto const pool = upstream::dimse::make_pool(source);
    for (int i = 0; i < 4; ++i) {  // each ends half a second after C-CANCEL
        row_list rows;
        std::optional<result<upstream::found>> answer;
        caller us(source, pool);
        us.start(all_studies(), rows, 30s, answer);
        us.context().poll();
        asked.acquire();
        us.context().poll();
    }
    CHECK(archive.connections() >= 1);
}

TEST_CASE("an idle association that the archive drops is replaced")
{
    struct {
        std::string name;
        std::function<void(raw_scp::connection&)> farewell;
    } const cases[] = {
        {"closes", [](auto&) {}},
        {"A-ABORT", [](auto& peer) { peer.abort(); }},
        // The command is read, so it came before the pool could see the end.
        {"closes on the next command", [](auto& peer) { (void)peer.read_message(); }},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        std::atomic<int> calls{0};
        raw_scp const archive([&](raw_scp::connection& peer) {
            ++calls;
            peer.accept_association();
            peer.respond(peer.read_message(), 0x0000);
            if (calls == 1)
                return c.farewell(peer);
            peer.respond(peer.read_message(), 0x0000);
            (void)peer.read_message();
        });
        auto source = source_at(archive.port());
        source.limits.associations = 1;  // else a find may come before the first association is known to be idle
        caller us(source);
        for (int i = 0; i < 3; ++i) {
            CAPTURE(i);
            auto const found = us.find();
            CHECK_MESSAGE(found, (found ? "" : found.error().where + ": " + found.error().code.message()));
        }
        CHECK(calls.load() == 2);
    }
}

TEST_CASE("what comes after the final response is never taken for the answer to the next command")
{
    std::atomic<int> calls{0};
    raw_scp const archive([&](raw_scp::connection& peer) {
        peer.accept_association();
        auto rq = peer.read_message();
        if (++calls == 1) {
            auto const final = peer.encode_response(rq, 0x0000);
            ++rq.message_id;
            peer.write(final + peer.encode_response(rq, 0xFF00, study_row(1)) + peer.encode_response(rq, 0x0000));
        } else {
            peer.respond(rq, 0x0000);
        }
        (void)peer.read_message();
    });
    caller us(source_at(archive.port()));
    CHECK(us.find());
    auto const found = us.find();
    REQUIRE(found);
    CHECK(found->rows == 0);
    CHECK(calls == 2);
}

TEST_CASE("an association is released after as many operations as the source says, and the next has its own")
{
    for (auto const& [limit, connections] : {std::pair(0, 1), {1, 6}, {2, 3}, {4, 2}}) {
        CAPTURE(limit);
        raw_scp const archive([](raw_scp::connection& peer) {
            peer.accept_association();
            for (;;)
                peer.respond(peer.read_message(), 0x0000);
        });
        auto source = source_at(archive.port());
        source.limits.operations = static_cast<std::uint32_t>(limit);
        auto const pool = upstream::dimse::make_pool(source);
        pool->keys().takes_empty = true;  // else what is not found is asked for twice
        {
            caller us(source, pool);
            for (int i = 0; i < 6; ++i)
                CHECK(us.find());
        }
        CHECK(archive.connections() == connections);
        if (limit != 0 && 6 % limit == 0)
            while (archive.released() < connections)
                std::this_thread::yield();
        CHECK(archive.aborted() == 0);
    }
}

TEST_CASE("a fresh association that breaks on the first command is an error, not a loop")
{
    raw_scp const archive([](raw_scp::connection& peer) {
        peer.accept_association();
        (void)peer.read_message();
    });
    caller us(source_at(archive.port()));
    auto const found = us.find();
    REQUIRE_FALSE(found);
    CHECK(found.error().code == errc::aborted);
    CHECK(archive.connections() == 1);
}

TEST_CASE("associations are released when they are not wanted any more: idle ones at once, others when they are done")
{
    raw_scp const archive([](raw_scp::connection& peer) {
        peer.accept_association();
        for (;;)
            peer.respond(peer.read_message(), 0x0000);
    });
    auto source = source_at(archive.port());
    source.timeouts.idle = 1h;
    std::atomic<bool> wanted = true;
    auto const pool = upstream::dimse::make_pool(source, [&] { return wanted.load(); });
    caller us(source, pool);
    auto const releases = [&](int so_far) {
        while (archive.released() < so_far)
            std::this_thread::yield();
        return archive.connections() == so_far;
    };
    CHECK(us.find());
    CHECK(us.find());
    wanted = false;
    pool->let_go();
    CHECK(releases(1));
    CHECK(us.find());  // who had begun before
    CHECK(releases(2));
    wanted = true;
    CHECK(us.find());
    CHECK(us.find());
    CHECK(archive.connections() == 3);
    CHECK(archive.released() == 2);
}

TEST_CASE("an idle association is released after its time")
{
    std::promise<bool> ended;
    raw_scp const archive([&](raw_scp::connection& peer) {
        peer.accept_association();
        peer.respond(peer.read_message(), 0x0000);
        try {
            (void)peer.read_message();
        } catch (raw_scp::gone const&) {
            ended.set_value(peer.released);
        }
    });
    auto source = source_at(archive.port());
    source.timeouts.idle = 20ms;
    caller us(source);
    CHECK(us.find());
    auto released = ended.get_future();
    REQUIRE(released.wait_for(10s) == std::future_status::ready);
    CHECK(released.get());
}

/// Answers one find after the other, each when it is told to.
struct slow_archive {
    std::counting_semaphore<> arrived{0};
    std::counting_semaphore<> go{0};
    raw_scp peer{[this](raw_scp::connection& p) {
        p.accept_association();
        for (;;) {
            auto const rq = p.read_message();
            arrived.release();
            if (!go.try_acquire_for(20s))
                return;
            p.respond(rq, 0x0000);
        }
    }};
};

TEST_CASE("what has no association waits in line, first come first served, and a full queue is told at once")
{
    slow_archive archive;
    auto source = source_at(archive.peer.port());
    source.limits.queue_length = 2;
    auto const pool = upstream::dimse::make_pool(source);
    caller us(source, pool);
    std::vector<row_list> rows(4);
    std::vector<std::optional<result<upstream::found>>> answers(4);
    for (std::size_t i = 0; i < 4; ++i)
        us.start(all_studies(), rows[i], 20s, answers[i]);
    us.context().restart();
    us.context().poll();
    CHECK_FALSE(answers[0]);
    CHECK_FALSE(answers[1]);
    CHECK_FALSE(answers[2]);
    REQUIRE(answers[3]);
    REQUIRE_FALSE(*answers[3]);
    CHECK(answers[3]->error().code == errc::overloaded);
    CHECK(answers[3]->error().retry_after == 5s);

    for (std::size_t i = 0; i < 3; ++i) {
        archive.arrived.acquire();
        archive.go.release();
        while (!answers[i])
            us.context().run_one();
        CHECK(answers[i]->has_value());
        for (auto later = i + 1; later < 3; ++later)
            CHECK_FALSE(answers[later]);
    }
    CHECK(archive.peer.connections() == 1);
}

TEST_CASE("time in the queue is bounded")
{
    slow_archive archive;
    auto source = source_at(archive.peer.port());
    source.limits.queue = 30ms;
    auto const pool = upstream::dimse::make_pool(source);
    caller first(source, pool);
    caller second(source, pool);
    row_list rows;
    std::optional<result<upstream::found>> answer;
    first.start(all_studies(), rows, 20s, answer);
    first.context().poll();
    archive.arrived.acquire();

    auto const waited = second.find(20s);
    REQUIRE_FALSE(waited);
    CHECK(waited.error().code == errc::overloaded);
    CHECK(waited.error().retry_after == 1s);

    archive.go.release();
    first.run();
    REQUIRE(answer);
    CHECK(answer->has_value());  // the one that had its association was not touched
}

TEST_CASE("never more associations than the limit, from any number of threads")
{
    std::atomic<int> now{0};
    std::atomic<int> most{0};
    raw_scp const archive([&](raw_scp::connection& peer) {
        auto const open = ++now;
        for (auto seen = most.load(); open > seen && !most.compare_exchange_weak(seen, open);) {
        }
        try {
            answers({study_row(1), study_row(2)})(peer);
        } catch (raw_scp::gone const&) {
            --now;
            throw;
        }
    });
    auto source = source_at(archive.port());
    source.limits.associations = 3;
    source.limits.queue_length = 1000;
    auto const pool = upstream::dimse::make_pool(source);
    std::atomic<int> good{0};
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                caller us(source, pool);
                for (int i = 0; i < 25; ++i) {
                    row_list rows;
                    auto const found = us.find(all_studies(), rows, 30s);
                    good += found && rows.rows.size() == 2;
                }
            });
    }
    CHECK(good == 100);
    CHECK(most <= 3);
    CHECK(most >= 1);
}

TEST_CASE("a pool that is destroyed ends what runs and what waits, in bounded time")
{
    slow_archive archive;
    auto const source = source_at(archive.peer.port());
    auto pool = upstream::dimse::make_pool(source);
    asio::io_context context{1};
    row_list nowhere;
    // Two operations whose coroutines hold no pool: as a reload of the configuration leaves them.
    auto first = upstream::dimse::make_dimse_archive(source, pool);
    std::weak_ptr const watched = pool;
    auto const everything = all_studies();
    std::vector<errc> ends;
    for (int i = 0; i < 2; ++i)
        asio::co_spawn(context, first->find(everything, nowhere, clock::now() + 60s),
                       [&](std::exception_ptr, result<upstream::found> r) {
                           REQUIRE_FALSE(r);
                           ends.push_back(static_cast<errc>(r.error().code.value()));
                       });
    context.poll();
    archive.arrived.acquire();
    auto const begin = clock::now();
    pool.reset();
    first.reset();
    CHECK(watched.expired());
    CHECK(clock::now() - begin < 2s);
    context.run();
    CHECK(ends == std::vector{errc::cancelled, errc::cancelled});
    archive.go.release();
}

}  // namespace
