#include "proxy/dimse/instance_pipe.hpp"

#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

namespace {

using namespace pons;
using pons::proxy::dimse::instance_pipe;
using upstream::errc;

struct at_pipe {
    upstream::dimse::interruption news;
    instance_pipe pipe{{.sop_class_uid = "1.2.840.10008.5.1.4.1.1.7",
                        .sop_instance_uid = "1.2.3",
                        .transfer_syntax_uid = "1.2.840.10008.1.2.1",
                        .data_set_offset = 0},
                       news};
    asio::io_context context{1};
    std::string got;
    std::optional<upstream::part_head> head;
    std::optional<result<void>> how;
    asio::cancellation_signal cancel;

    awaitable<result<void>> take()
    {
        co_await asio::this_coro::throw_if_cancelled(false);
        result<std::optional<upstream::part_head>> first = co_await pipe.next();
        if (!first)
            co_return tl::unexpected(first.error());
        head = *first;
        for (;;) {
            result<std::span<std::byte const>> const bytes = co_await pipe.read();
            if (!bytes)
                co_return tl::unexpected(bytes.error());
            if (bytes->empty())
                break;
            got.append(reinterpret_cast<char const*>(bytes->data()), bytes->size());
        }
        first = co_await pipe.next();
        CHECK((first && !*first));
        co_return result<void>();
    }

    void begin()
    {
        asio::co_spawn(context, take(),
                       asio::bind_cancellation_slot(cancel.slot(), [this](std::exception_ptr e, result<void> ended) {
                           CHECK_FALSE(e);
                           how = std::move(ended);
                       }));
        go_on();
    }
    /// Everything that can be done now.
    void go_on()
    {
        context.restart();
        context.poll();
    }

    /// False: there was no room for all of it.
    bool put(std::string bytes)
    {
        while (!bytes.empty()) {
            auto const room = pipe.room();
            if (room.empty())
                return false;
            auto const size = std::min(room.size(), bytes.size());
            std::memcpy(room.data(), bytes.data(), size);
            pipe.wrote(size);
            bytes.erase(0, size);
        }
        return true;
    }

    std::string data_set() const { return got.substr(head->data_set_offset); }
};

TEST_CASE_FIXTURE(at_pipe, "an instance goes through, as a file")
{
    std::string const data = "a data set";
    SUBCASE("before it is asked for")
    {
        REQUIRE(put(data));
        pipe.end();
        begin();
    }
    SUBCASE("after")
    {
        begin();
        REQUIRE(put(data));
        pipe.end();
        go_on();
    }
    REQUIRE(how);
    CHECK(*how);
    CHECK(head->sop_instance_uid == "1.2.3");
    CHECK(got.substr(128, 4) == "DICM");
    CHECK(data_set() == data);
}

TEST_CASE_FIXTURE(at_pipe, "a megabyte is held, and no more; room is told when half of it has gone")
{
    std::size_t put_in = 0;
    while (put(std::string(10'000, 'x')))
        put_in += 10'000;
    CHECK(put_in > 900'000);
    CHECK(put_in <= 1024 * 1024);
    CHECK_FALSE(news.requested());
    begin();
    CHECK(news.requested());
    CHECK_FALSE(how);
    CHECK(put(std::string(500'000, 'x')));
}

TEST_CASE_FIXTURE(at_pipe, "there is no end before all has come")
{
    begin();
    REQUIRE(put(std::string(300'000, 'x')));
    go_on();
    CHECK(got.size() > 200'000);
    CHECK_FALSE(how);
    SUBCASE("and then there is")
    {
        pipe.end();
        go_on();
        REQUIRE(how);
        CHECK(*how);
        CHECK(data_set() == std::string(300'000, 'x'));
    }
    SUBCASE("nor when the sender has gone")
    {
        pipe.abandon();
        go_on();
        REQUIRE(how);
        REQUIRE_FALSE(*how);
        CHECK(how->error().code == errc::cancelled);
    }
    SUBCASE("nor when the store is cancelled")
    {
        cancel.emit(asio::cancellation_type::terminal);
        go_on();
        REQUIRE(how);
        REQUIRE_FALSE(*how);
        CHECK(how->error().code == errc::cancelled);
    }
}

TEST_CASE_FIXTURE(at_pipe, "a data set larger than the buffer, in any pieces")
{
    begin();
    std::string all;
    for (int i = 0; i < 400; ++i) {
        std::string const piece(static_cast<std::size_t>(1 + i * 97 % 20'000), static_cast<char>('a' + i % 26));
        all += piece;
        REQUIRE(put(piece));
        if (i % 8 == 0)
            go_on();
    }
    pipe.end();
    go_on();
    REQUIRE(how);
    CHECK((data_set() == all));
}

}  // namespace
