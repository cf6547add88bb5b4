#include "proxy/dimse/crossing.hpp"
#include "tests/proxy/dimse/retrieve_door.hpp"

using namespace pons;
using namespace pons::test;
using namespace std::chrono_literals;

namespace {

outcome next_response(wire::association& on)
{
    auto const came = on.receive_command(a_while());
    REQUIRE(came);
    outcome told;
    take_response(on, *came, told);
    return told;
}

/// The final response, after any number of signs of life.
outcome skip_signs(wire::association& on)
{
    for (;;) {
        auto told = next_response(on);
        if (told.status)
            return told;
    }
}

}  // namespace

TEST_CASE("while an archive brings nothing its requester hears that it goes on, and what there is")
{
    retrieved_from pons;
    pons.times.pending = 5ms;
    auto const brought = std::make_shared<proxy::dimse::coroutine_bell>();
    pons.web.before_retrieve = [brought] { return brought->wait(); };
    receiving const how;
    auto on = open_line(pons.open(), how);
    auto const id = begin_retrieve(on, how, "STUDY", study_1);
    std::optional<std::uint16_t> remaining;
    while (remaining != 3) {  // it is listed first
        auto const told = next_response(on);
        REQUIRE(told.pending == 1);
        CHECK(told.counts() == counts(0, 0, 0));
        remaining = told.remaining;
    }
    auto const again = next_response(on);
    CHECK(again.pending == 1);
    CHECK(again.remaining == 3);
    proxy::dimse::coroutine_bell::ring(brought);
    auto const all = take_all(on, how, id);
    CHECK(all.status == 0x0000);
    CHECK(all.counts() == counts(3, 0, 0));
    CHECK(names(all).size() == 3);
}

TEST_CASE("before it is known what there is, all counts are 0, and it can be cancelled")
{
    retrieved_from pons;
    pons.web.silent = true;
    pons.times.pending = 5ms;
    receiving how;
    SUBCASE("C-GET") {}
    SUBCASE("C-MOVE")
    {
        how.model = wire::uids::study_root_move;
        how.syntaxes.clear();
    }
    auto on = open_line(pons.open(), how);
    auto const id = begin_retrieve(on, how, "STUDY", study_1, how.syntaxes.empty() ? "CT1" : "");
    for (int n = 0; n < 3; ++n) {
        auto const told = next_response(on);
        REQUIRE(told.pending == 1);
        CHECK(told.remaining == 0);
        CHECK(told.counts() == counts(0, 0, 0));
    }
    cancel_retrieve(on, how, id);
    auto const ended = skip_signs(on);
    CHECK(ended.status == 0xFE00);
    pons.close();
    CHECK(pons.web.cancelled == 1);
}

TEST_CASE("without an interval there are no signs of life")
{
    retrieved_from pons;
    pons.times.pending = 0ms;
    auto const got = get(pons.open(), study_1);
    CHECK(got.status == 0x0000);
    CHECK(got.pending == 3);
}
