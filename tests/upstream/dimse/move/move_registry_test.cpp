#include "upstream/dimse/move_registry.hpp"
#include "tests/upstream/dimse/move/taken.hpp"

#include <doctest/doctest.h>

#include <set>

namespace {

using namespace pons;
using namespace pons::test;
using namespace pons::upstream;
using namespace pons::upstream::dimse;

config::source source_named(char const* name, char const* archive_ae, char const* store_ae = "PONS_MOVE")
{
    config::source s;
    s.name = name;
    s.called_ae = archive_ae;
    s.store_ae = store_ae;
    return s;
}

struct two_archives {
    std::vector<config::source> sources{source_named("a", "ARCHIVE_A"), source_named("b", "ARCHIVE_B")};
    move_registry registry{sources};

    std::shared_ptr<waiting_move> enter(std::size_t source, retrieve_request what,
                                        std::vector<std::string> const& expected = {})
    {
        auto const entered = registry.enter(sources[source], what, expected, std::make_shared<taken>(), [] {});
        REQUIRE(entered);
        return *entered;
    }
};

sub_operation from(char const* calling, char const* study, char const* sop = "1.9", char const* series = "")
{
    return {.called_ae = "PONS_MOVE", .calling_ae = calling, .sop_instance_uid = sop, .in = {study, series}};
}

sub_operation with_originator(sub_operation what, std::uint16_t id, char const* ae = "PONS")
{
    what.originator_ae = ae;
    what.originator_id = id;
    return what;
}

TEST_CASE_FIXTURE(two_archives, "an originator that is one of us is decisive")
{
    auto const first = enter(0, {"1.1", {}, {}});
    auto const second = enter(0, {"1.1", {}, {}});
    CHECK(first->message_id() != second->message_id());
    CHECK_FALSE(registry.tells_originator("a"));
    CHECK(registry.find(with_originator(from("ARCHIVE_A", "1.1"), first->message_id())) == first);
    CHECK(registry.find(with_originator(from("ARCHIVE_A", "1.1"), second->message_id())) == second);
    CHECK(registry.find(with_originator(from("SOME_OTHER", "1.1"), second->message_id())) == second);
    CHECK(registry.find(with_originator(from("ARCHIVE_A", ""), second->message_id())) == second);  // unreadable
    CHECK(registry.tells_originator("a"));
    CHECK_FALSE(registry.tells_originator("b"));

    auto elsewhere = with_originator(from("ARCHIVE_A", "1.1"), first->message_id());
    elsewhere.called_ae = "OTHER_MOVE";
    CHECK_FALSE(registry.find(elsewhere));
    CHECK_FALSE(registry.find(with_originator(from("ARCHIVE_A", "1.2"), first->message_id())));  // another study

    registry.leave(*first);
    CHECK_FALSE(registry.find(with_originator(from("ARCHIVE_A", "1.1"), first->message_id())));  // late
    CHECK_FALSE(first->begin());
    CHECK(second->begin());
}

TEST_CASE_FIXTURE(two_archives, "an originator that says nothing is not looked at")
{
    auto const move = enter(0, {"1.1", {}, {}});
    auto const never_given = static_cast<std::uint16_t>(move->message_id() == 1 ? 65535 : move->message_id() - 1);
    CHECK(registry.find(with_originator(from("ARCHIVE_A", "1.1"), 0)) == move);
    CHECK(registry.find(with_originator(from("ARCHIVE_A", "1.1"), move->message_id(), "ARCHIVE_A")) == move);
    CHECK(registry.find(with_originator(from("ARCHIVE_A", "1.1"), never_given)) == move);
    CHECK_FALSE(registry.tells_originator("a"));
}

TEST_CASE_FIXTURE(two_archives, "without originator: calling title and study")
{
    auto const of_a = enter(0, {"1.1", {}, {}});
    auto const of_b = enter(1, {"1.1", {}, {}});
    auto const other = enter(0, {"1.2", {}, {}});
    CHECK(registry.find(from("ARCHIVE_A", "1.1")) == of_a);
    CHECK(registry.find(from("ARCHIVE_B", "1.1")) == of_b);
    CHECK(registry.find(from("ARCHIVE_A", "1.2")) == other);
    CHECK(registry.find(from("A_SENDER", "1.2")) == other);  // an unknown title, but only one waits for it
    CHECK_FALSE(registry.find(from("A_SENDER", "1.1")));     // two wait
    CHECK_FALSE(registry.find(from("ARCHIVE_B", "1.2")));    // B was not asked
    CHECK_FALSE(registry.find(from("ARCHIVE_A", "1.3")));    // nobody waits
    CHECK_FALSE(registry.find(from("ARCHIVE_A", "")));       // and what is unreadable is nobody's
    auto const again = enter(0, {"1.1", {}, {}});
    CHECK_FALSE(registry.find(from("ARCHIVE_A", "1.1")));
    registry.leave(*of_a);
    CHECK(registry.find(from("ARCHIVE_A", "1.1")) == again);
}

TEST_CASE_FIXTURE(two_archives, "without originator: series and instance narrow, and what is expected decides")
{
    auto const series = enter(0, {"1.1", "1.1.5", {}});
    CHECK(registry.find(from("ARCHIVE_A", "1.1", "1.9", "1.1.5")) == series);
    CHECK_FALSE(registry.find(from("ARCHIVE_A", "1.1", "1.9", "1.1.6")));  // of another series
    auto const instance = enter(0, {"1.1", "1.1.5", "1.9.7"});
    CHECK(registry.find(from("ARCHIVE_A", "1.1", "1.9.7", "1.1.5")) == instance);
    CHECK(registry.find(from("ARCHIVE_A", "1.1", "1.9.8", "1.1.5")) == series);
    auto const known = enter(0, {"1.4", {}, {}}, {"1.9.1", "1.9.2"});
    CHECK(registry.find(from("ARCHIVE_A", "", "1.9.2")) == known);
    CHECK(registry.find(from("ARCHIVE_A", "1.77", "1.9.2")) == known);  // coerced, and expected all the same
    CHECK_FALSE(registry.find(from("ARCHIVE_A", "1.77", "1.9.3")));
}

TEST_CASE_FIXTURE(two_archives, "how far it is")
{
    int news = 0;
    auto const move =
        *registry.enter(sources[0], {"1.1", {}, {}}, {"1.9.1", "1.9.2"}, std::make_shared<taken>(), [&] { ++news; });
    CHECK(move->expected() == 2);
    CHECK(move->now().under_way == 0);
    {
        auto part = move->begin();
        REQUIRE(part);
        CHECK(move->now().under_way == 1);
        part.delivered("1.9.1");
        CHECK(news == 0);
    }
    CHECK(news == 1);
    CHECK(move->now().under_way == 0);
    CHECK(move->now().delivered == 1);
    CHECK_FALSE(move->now().complete);
    {
        auto part = move->begin();
        part.delivered("1.9.1");  // once more
        CHECK_FALSE(move->now().complete);
        part.delivered("1.9.2");
    }
    CHECK(move->now().complete);
    CHECK(move->now().delivered == 3);
    CHECK(move->now().different == 2);
    CHECK_FALSE(move->now().broken);
    CHECK(move->begin());
    CHECK(move->now().broken);
}

TEST_CASE_FIXTURE(two_archives, "a transfer syntax is preferred on the associations of one's own archive")
{
    std::vector<std::string> const others{"1.4.90", "1.4.50"};
    CHECK(registry.opened("PONS_MOVE", "ARCHIVE_A", others).empty());  // none waits

    auto const plain = enter(0, {"1.1", {}, {}});
    CHECK(registry.opened("PONS_MOVE", "ARCHIVE_A", others).empty());
    CHECK(plain->associations().reached);
    CHECK_FALSE(plain->associations().otherwise);
    CHECK(plain->associations().others == others);

    auto const choosy = enter(0, {"1.2", {}, {}});
    choosy->prefer("1.4.90");
    auto const elsewhere = enter(1, {"1.2", {}, {}});
    CHECK(registry.opened("PONS_MOVE", "ARCHIVE_A", {}) == "1.4.90");  // its first; the other one had it
    CHECK(plain->associations().otherwise);
    CHECK(choosy->associations().reached);
    CHECK_FALSE(choosy->associations().otherwise);
    CHECK_FALSE(elsewhere->associations().reached);
    CHECK(registry.opened("PONS_MOVE", "ARCHIVE_A", {}).empty());  // of either
    CHECK(choosy->associations().otherwise);

    registry.leave(*plain);
    CHECK(registry.opened("PONS_MOVE", "ARCHIVE_A", {}) == "1.4.90");  // all that wait prefer it
}

TEST_CASE_FIXTURE(two_archives, "every id is given once before any comes again, and none that is taken")
{
    auto const kept = enter(0, {"1.1", {}, {}});
    std::set<std::uint16_t> ids{kept->message_id()};
    for (int i = 0; i < 65534; ++i) {
        auto const move = enter(0, {"1.2", {}, {}});
        ids.insert(move->message_id());
        registry.leave(*move);
    }
    CHECK(ids.size() == 65535);
    CHECK_FALSE(ids.contains(0));
    for (int i = 0; i < 3; ++i)
        CHECK(enter(0, {"1.2", {}, {}})->message_id() != kept->message_id());
}

TEST_CASE_FIXTURE(two_archives, "turns are those of a source and a study")
{
    auto const one = registry.turns(sources[0], "1.1");
    CHECK(registry.turns(sources[0], "1.1") == one);
    CHECK(registry.turns(sources[0], "1.2") != one);
    CHECK(registry.turns(sources[1], "1.1") != one);
}

}  // namespace
