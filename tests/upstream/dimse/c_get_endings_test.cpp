#include "tests/upstream/dimse/getting.hpp"

#include <doctest/doctest.h>

#include <future>

namespace {

using namespace pons;
using namespace pons::test;
using upstream::errc;

TEST_CASE("an association that breaks in the middle of an instance leaves that one unended")
{
    raw_scp const peer(gets([&](get_peer& p) {
        p.store(context_of(p), ct_class, first_instance, some_bytes(100));
        (void)p.read_response();
        p.store(context_of(p), ct_class, second_instance, some_bytes(100), {}, false);
        p.over().abort();
        throw raw_scp::gone{};
    }));
    part_list parts;
    auto const got = fetch(peer, parts);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::aborted);
    REQUIRE(!parts.parts.empty());
    CHECK(parts.parts[0].ended);
    if (parts.parts.size() == 2)
        CHECK_FALSE(parts.parts[1].ended);
}

TEST_CASE("a retrieve does not wait for ever")
{
    struct {
        char const* name;
        std::function<void(get_peer&)> peer;
    } const cases[] = {
        {"for a first response", [](get_peer&) {}},
        {"after a pending one", [](get_peer& p) { p.respond(0xFF00, {.completed = 0}); }},
        {"within a data set",
         [](get_peer& p) { p.store(context_of(p), ct_class, first_instance, some_bytes(10), {}, false); }},
        {"for pending ones without end",
         [](get_peer& p) {
             for (;;)
                 p.respond(0xFF00, {});
         }},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        raw_scp const peer(gets(c.peer));
        auto source = source_at(peer.port());
        source.timeouts.first_response = 100ms;
        source.timeouts.between_responses = 100ms;
        fetcher us(source);
        part_list parts;
        auto const got = us.fetch({"1.2.3", {}, {}}, parts, 300ms);
        REQUIRE_FALSE(got);
        CHECK(got.error().code == errc::timed_out);
    }
}

TEST_CASE("who leaves between instances sends C-CANCEL, refuses what still comes, and releases")
{
    std::promise<std::vector<std::uint16_t>> seen;
    raw_scp const peer(gets([&](get_peer& p) {
        p.store(context_of(p), ct_class, first_instance, some_bytes(100));
        auto const stored = p.read_response();
        auto const cancel = p.read_response();
        p.store(context_of(p), ct_class, second_instance, some_bytes(100000));
        auto const refused = p.read_response();
        p.respond(0xFE00, {.completed = 1, .failed = 1});
        seen.set_value({stored.status, cancel.field, refused.status});
    }));
    fetcher us(source_at(peer.port()));
    part_list parts;
    asio::cancellation_signal signal;
    parts.at_end = [&]() -> result<void> {
        // After the answer has left, as seen from here: the worker is told first, then we leave.
        asio::post(us.context(),
                   [&] { asio::post(us.context(), [&] { signal.emit(asio::cancellation_type::terminal); }); });
        return {};
    };
    std::optional<retrieve_answer> answer;
    us.start({"1.2.3", {}, {}}, parts, 10s, answer, &signal);
    us.run();
    REQUIRE(answer);
    REQUIRE_FALSE(*answer);
    CHECK(answer->error().code == errc::cancelled);
    CHECK(seen_by(seen) == std::vector<std::uint16_t>{0x0000, 0x0FFF, 0xA700});
    CHECK(parts.parts.size() == 1);
}

TEST_CASE("a receiver who refuses what he got: A700, then C-CANCEL")
{
    std::promise<std::vector<std::uint16_t>> seen;
    raw_scp const peer(gets([&](get_peer& p) {
        p.store(context_of(p), ct_class, first_instance, some_bytes(100));
        auto const stored = p.read_response();
        auto const cancel = p.read_response();
        p.respond(0xFE00, {.completed = 0, .failed = 1});
        seen.set_value({stored.status, cancel.field});
    }));
    part_list parts;
    parts.at_end = []() -> result<void> { return fail(errc::cancelled, "test"); };
    fetcher us(source_at(peer.port()));  // lives until the peer has seen it all: with it goes the association
    auto const got = us.fetch({"1.2.3", {}, {}}, parts);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::cancelled);
    CHECK(seen_by(seen) == std::vector<std::uint16_t>{0xA700, 0x0FFF});
}

TEST_CASE("who leaves within an instance aborts")
{
    std::promise<bool> aborted;
    raw_scp const peer(gets([&](get_peer& p) {
        p.store(context_of(p), ct_class, first_instance, some_bytes(100), {}, false);
        try {
            (void)p.read_response();
        } catch (raw_scp::gone const&) {
            aborted.set_value(p.over().aborted);
            throw;
        }
        aborted.set_value(false);
    }));
    fetcher us(source_at(peer.port()));
    part_list parts;
    asio::cancellation_signal signal;
    parts.at_write = [&]() -> result<void> {
        asio::post(us.context(), [&] { signal.emit(asio::cancellation_type::terminal); });
        return {};
    };
    std::optional<retrieve_answer> answer;
    us.start({"1.2.3", {}, {}}, parts, 10s, answer, &signal);
    us.run();
    REQUIRE(answer);
    REQUIRE_FALSE(*answer);
    CHECK(answer->error().code == errc::cancelled);
    CHECK(seen_by(aborted));
    CHECK_FALSE(parts.parts.at(0).ended);
}

}  // namespace
