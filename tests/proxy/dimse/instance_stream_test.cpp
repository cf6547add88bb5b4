#include "proxy/dimse/instance_stream.hpp"

#include "upstream/errc.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <optional>
#include <string>

namespace {

using namespace pons;
using pons::proxy::dimse::instance_stream;
using step = instance_stream::step;
using upstream::errc;

upstream::part_head head_of(std::string const& uid, std::size_t offset = 0)
{
    return {.sop_class_uid = "1.2", .sop_instance_uid = uid, .transfer_syntax_uid = "1.2.3", .data_set_offset = offset};
}

struct at_stream {
    upstream::dimse::interruption news;
    instance_stream stream{news};
    asio::io_context context{1};
    std::optional<result<void>> how;

    static awaitable<result<void>> send(instance_stream& to, std::string uid, std::string file, std::size_t offset,
                                        bool whole)
    {
        auto const head = head_of(uid, offset);
        result<void> done = co_await to.begin(head);
        auto const bytes = std::as_bytes(std::span(file.data(), file.size()));
        if (done)
            done = co_await to.write(bytes);
        if (done && whole)
            done = co_await to.end();
        if (done && !whole)
            to.break_off();
        co_return done;
    }

    static awaitable<result<void>> refuse(instance_stream& by, std::string uid)
    {
        auto const head = head_of(uid);
        auto const done = co_await by.refuse(head);
        co_return done;
    }

    void put(std::string uid, std::string file, std::size_t offset = 0, bool whole = true)
    {
        run(send(stream, std::move(uid), std::move(file), offset, whole));
    }
    void run(awaitable<result<void>> what)
    {
        how.reset();
        asio::co_spawn(context, std::move(what), [this](std::exception_ptr e, result<void> ended) {
            CHECK_FALSE(e);
            how = std::move(ended);
        });
        go_on();
    }
    void go_on()
    {
        context.restart();
        context.poll();
    }

    /// All of the first, while the coroutine goes on; nothing: it breaks off.
    std::optional<std::string> take()
    {
        std::string all;
        for (;;) {
            auto const piece = stream.read();
            if (piece.what == step::broken) {
                stream.drop();
                return {};
            }
            if (piece.what == step::wait) {
                go_on();
                continue;
            }
            CHECK(piece.bytes.size() % 2 == 0);
            all.append(reinterpret_cast<char const*>(piece.bytes.data()), piece.bytes.size());
            if (piece.last)
                break;
            go_on();
        }
        stream.drop();
        return all;
    }
};

}  // namespace

TEST_CASE("data sets cross without what stands before them, and of even length")
{
    at_stream at;
    at.put("1.1", "headerDATA", 6);
    at.put("1.2", "odd");
    at.put("1.3", "", 0);
    for (auto const& [uid, data] : {std::pair("1.1", std::string("DATA")), std::pair("1.2", std::string("odd\0", 4)),
                                    std::pair("1.3", std::string())}) {
        auto const next = at.stream.next();
        REQUIRE(next);
        CHECK(next->head.sop_instance_uid == uid);
        CHECK_FALSE(next->broken);
        CHECK(at.take() == data);
    }
    CHECK_FALSE(at.stream.next());
}

TEST_CASE("an instance is given when it is whole, or half a buffer of it is there; beyond a buffer the archive waits")
{
    at_stream at;
    CHECK_FALSE(at.stream.next());
    at.news.reset();
    std::string const large(5'000'001, 'x');
    at.put("1.1", large);
    CHECK_FALSE(at.how);
    CHECK(at.news.requested());
    REQUIRE(at.stream.next());
    CHECK((at.take() == large + std::string(1, '\0')));
    at.go_on();
    REQUIRE(at.how);
    CHECK(*at.how);
    CHECK_FALSE(at.stream.next());
}

TEST_CASE("a small one that breaks off is told before anything of it is read; of a large one, in its middle")
{
    at_stream at;
    at.put("1.1", "abc", 0, false);
    auto const small = at.stream.next();
    REQUIRE(small);
    CHECK(small->broken);
    at.stream.drop();
    at.put("1.2", std::string(700'001, 'x'), 0, false);
    REQUIRE(at.stream.next());
    CHECK_FALSE(at.take());
    at.put("1.3", "what follows");
    REQUIRE(at.stream.next());
    CHECK(at.take() == "what follows");
}

TEST_CASE("what is not wanted is dropped as it comes, and the next is not touched by it")
{
    for (std::size_t const size : {3UL, 600'001UL, 3'000'001UL}) {
        CAPTURE(size);
        at_stream at;
        at.put("1.1", std::string(size, 'x'));
        REQUIRE(at.stream.next());
        at.stream.drop();
        at.go_on();
        REQUIRE(at.how);
        CHECK(*at.how);
        std::string const next(1'500'000, 'y');
        at.put("1.2", next);
        REQUIRE(at.stream.next());
        CHECK((at.take() == next));
    }
}

TEST_CASE("who sends does not wait for one that takes nothing any more")
{
    at_stream at;
    at.put("1.1", std::string(3'000'000, 'x'));
    CHECK_FALSE(at.how);
    at.stream.close();
    at.go_on();
    REQUIRE(at.how);
    CHECK(at.how->error().code == errc::cancelled);
    at.put("1.2", "more");
    CHECK_FALSE(*at.how);
}

TEST_CASE("what cannot be sent is told in its turn")
{
    at_stream at;
    at.put("1.1", "one");
    at.run(at_stream::refuse(at.stream, "1.2"));
    REQUIRE(at.how);
    CHECK(at.take() == std::string("one\0", 4));
    auto const next = at.stream.next();
    REQUIRE(next);
    CHECK(next->refused);
    CHECK(next->head.sop_instance_uid == "1.2");
    at.stream.drop();
    CHECK_FALSE(at.stream.next());
}
