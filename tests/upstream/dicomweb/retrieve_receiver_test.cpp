#include "tests/upstream/dicomweb/retrieving.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

using namespace pons;
using namespace pons::test;
using upstream::errc;
using upstream::retrieve_request;

TEST_CASE("reads no further than the receiver takes")
{
    asio::io_context on;
    auto const file = dicom_file("1.2.1", std::string(40u << 20, 'x'));
    http_stub stub(on, [&](http_request const&) { return multipart(part(file) + closing); });
    client source(on, source_at(stub.url()));

    /// Waits at every write until the test lets it go on.
    struct slow final : upstream::part_sink {
        steady_timer gate;
        std::size_t bytes = 0;
        std::size_t largest = 0;
        unsigned ended = 0;
        explicit slow(asio::io_context& on_) : gate(on_.get_executor(), time_point::max()) {}
        awaitable<result<void>> begin(upstream::part_head const&) override { co_return result<void>(); }
        awaitable<result<void>> write(std::span<std::byte const> piece) override
        {
            bytes += piece.size();
            largest = std::max(largest, piece.size());
            co_await gate.async_wait(as_tuple);
            co_return result<void>();
        }
        awaitable<result<void>> end() override
        {
            ++ended;
            co_return result<void>();
        }
    } parts(on);
    std::optional<result<upstream::retrieved>> all;
    retrieve_request const request{"1.2", {}, {}};
    asio::co_spawn(on, source.archive->retrieve(request, parts, clock::now() + 20s),
                   [&](std::exception_ptr, result<upstream::retrieved> got) { all.emplace(std::move(got)); });
    while (parts.bytes == 0)
        on.run_one();
    auto const first = parts.bytes;
    on.poll();
    CHECK(parts.bytes == first);
    CHECK(parts.largest <= 128 * 1024);
    parts.gate.expires_at(time_point::min());
    while (!all)
        on.run_one();
    CHECK(all->has_value());
    CHECK(parts.bytes == file.size());
    CHECK(parts.ended == 1);
    CHECK(parts.largest <= 128 * 1024);
}

TEST_CASE("a receiver that has enough ends the retrieve, with its own error")
{
    asio::io_context on;
    http_stub stub(on, [&](http_request const&) {
        return http_reply{.bytes = multipart(part(dicom_file("1.2.1", std::string(1 << 20, 'x')))).bytes,
                          .silent = true};
    });
    client source(on, source_at(stub.url()));
    collected_parts parts;
    SUBCASE("at the beginning")
    {
        parts.on_begin = [] { return fail(errc::cancelled, "the client"); };
    }
    SUBCASE("in the middle")
    {
        parts.on_write = [&] {
            return parts.parts.back().bytes.size() < 100000 ? result<void>() : fail(errc::cancelled, "the client");
        };
    }
    auto const all = retrieve(source, parts);
    REQUIRE_FALSE(all.has_value());
    CHECK(all.error().code == errc::cancelled);
    CHECK(all.error().where == "the client");
    while (stub.open() != 0)
        on.run_one();
    CHECK(source.budget->in_use() == 0);
}

TEST_CASE("a retrieve that is cancelled closes its connection")
{
    asio::io_context on;
    http_reply reply{.bytes = {}, .silent = true};
    SUBCASE("before the answer") {}
    SUBCASE("in the middle of an instance")
    {
        reply.bytes = multipart(part(dicom_file("1.2.1", std::string(1000, 'x')))).bytes;
        reply.bytes.resize(reply.bytes.size() - 10);
    }
    http_stub stub(on, [&](http_request const&) { return reply; });
    client source(on, source_at(stub.url()));
    collected_parts parts;
    retrieve_request const request{"1.2", {}, {}};
    asio::cancellation_signal cancel;
    std::optional<result<upstream::retrieved>> all;
    asio::co_spawn(
        on, source.archive->retrieve(request, parts, clock::now() + 20s),
        asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr e, result<upstream::retrieved> got) {
            CHECK_FALSE(e);
            all.emplace(std::move(got));
        }));
    while (stub.requests().empty())
        on.run_one();
    on.poll();
    CHECK_FALSE(all.has_value());
    CHECK(source.budget->in_use() == 1);
    cancel.emit(asio::cancellation_type::terminal);
    while (!all || stub.open() != 0)
        on.run_one();
    REQUIRE_FALSE(all->has_value());
    CHECK(all->error().code == errc::cancelled);
    CHECK(source.budget->in_use() == 0);
}
