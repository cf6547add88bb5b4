#include "upstream/dimse/shipment.hpp"
#include "tests/upstream/dimse/get_peer.hpp"
#include "tests/upstream/dimse/some_bytes.hpp"

#include <doctest/doctest.h>

namespace {

using namespace pons;
using namespace pons::test;

struct idle_shipment final : upstream::dimse::shipment {
    using shipment::shipment;
    void work(upstream::dimse::workbench&) override {}
};

TEST_CASE("a shipment holds a megabyte, and the next instance begins when the last piece of the one before was sent")
{
    using wants = upstream::dimse::shipment::wants;
    asio::io_context context;
    auto const s = std::make_shared<idle_shipment>(context.get_executor(), time_point::max());
    upstream::part_head const head{"1.2", "1.2.3", explicit_le, 0};
    auto const data = some_bytes(3 << 20);
    auto rest = std::as_bytes(std::span(data));
    CHECK(s->now() == wants::instance);
    s->begin(head);
    CHECK(s->now() == wants::bytes);
    rest = s->put(rest);
    CHECK(rest.size() == data.size() - (1 << 20));
    CHECK(s->now() == wants::nothing);

    bytes got;
    REQUIRE(s->next(time_point::max()));
    while (!rest.empty()) {
        auto const piece = s->next_piece(time_point::max());
        REQUIRE(piece);
        CHECK_FALSE(piece->last);
        got.append(reinterpret_cast<char const*>(piece->bytes.data()), piece->bytes.size());
        rest = s->put(rest);
    }
    s->end();
    CHECK(s->now() == wants::nothing);
    for (bool last = false; !last;) {
        auto const piece = s->next_piece(time_point::max());
        REQUIRE(piece);
        got.append(reinterpret_cast<char const*>(piece->bytes.data()), piece->bytes.size());
        last = piece->last;
    }
    CHECK(s->now() == wants::nothing);
    s->sent();
    CHECK((got == data));
    CHECK(s->now() == wants::instance);
    s->no_more();
    CHECK(s->now() == wants::nothing);
    CHECK_FALSE(s->next(time_point::max()));
    CHECK_FALSE(s->lost());
    s->finish({});
    CHECK(s->now() == wants::over);
}

}  // namespace
