#include "tests/upstream/dimse/storing.hpp"

#include <doctest/doctest.h>

#include <future>

namespace {

using namespace pons;
using namespace pons::test;

TEST_CASE("data sets arrive byte for byte, in even PDVs, and each has the archive's own status")
{
    received got;
    raw_scp const peer(takes(got, [](std::size_t n) {
        constexpr std::uint16_t in_order[] = {0x0000, 0xB000, 0xA700, 0xC123, 0x0000};
        return in_order[n];
    }));
    std::vector<made> const files{make("1.2.1", 300'001), make("1.2.2", 0), make("1.2.3", 64 * 1024), make("1.2.4", 7),
                                  make("1.2.5", 5'000'000)};
    for (auto const piece : {std::size_t{1000}, std::size_t{64 * 1024}, std::size_t{3'000'000}}) {
        CAPTURE(piece);
        given_instances given;
        given.piece = piece;
        for (auto const& f : files)
            given.files.push_back(f.file);
        storer us(peer.port());
        auto const done = us.store(given);
        REQUIRE(done);
        CHECK(statuses(*done) == std::vector<int>{0x0000, 0xB000, 0xA700, 0xC123, 0x0000});
        CHECK(done->instances[1].sop_instance_uid == "1.2.2");
        CHECK(done->instances[1].sop_class_uid == ct_class);
        auto const taken = got.taken();
        REQUIRE(taken.size() == files.size());
        for (std::size_t i = 0; i < files.size(); ++i) {
            // What is odd is padded.
            auto const& data_set = files[i].data_set;
            CHECK((taken[i].data_set == data_set + bytes(data_set.size() % 2, '\0')));
            CHECK(std::ranges::all_of(taken[i].pdvs, [](std::size_t size) { return size % 2 == 0; }));
            CHECK(taken[i].association == taken[0].association);
        }
    }
}

TEST_CASE("each class and transfer syntax has a context of its own; the next store finds an association that has all")
{
    received got;
    raw_scp const peer(takes(got, &always_well));
    std::vector<made> const files{make("1.2.1"), make("1.2.2", 100, jpeg),    make("1.2.3", 100, explicit_le, sr_class),
                                  make("1.2.4"), make("1.2.5", 64, deflated), make("1.2.6", 100, jpeg)};
    storer us(peer.port());
    for (int const round : {1, 2}) {
        CAPTURE(round);
        given_instances given;
        for (auto const& f : files)
            given.files.push_back(f.file);
        auto const done = us.store(given);
        REQUIRE(done);
        CHECK(statuses(*done) == std::vector<int>(6, 0));
        auto const taken = got.taken();
        REQUIRE(taken.size() == 6);
        CHECK(taken[1].syntax == jpeg);
        CHECK(taken[2].sop_class == sr_class);
        CHECK(taken[4].syntax == deflated);
        for (std::size_t i = 0; i < 6; ++i)
            CHECK((taken[i].data_set == files[i].data_set));
        CHECK(taken[5].association == 4);
        CHECK(taken[0].association == (round == 1 ? 1 : 4));
    }
    CHECK(got.proposed == std::vector<std::size_t>{1, 2, 3, 4});
}

TEST_CASE("a store of many uses an association for as many instances as the source says")
{
    for (auto const& [limit, last] : {std::pair(0U, 1), {1U, 5}, {2U, 3}}) {
        CAPTURE(limit);
        received got;
        raw_scp const peer(takes(got, &always_well));
        std::vector<made> const files{make("1.2.1"), make("1.2.2"), make("1.2.3"), make("1.2.4"), make("1.2.5")};
        given_instances given;
        for (auto const& f : files)
            given.files.push_back(f.file);
        auto source = source_at(peer.port());
        source.limits.operations = limit;
        storer us(source);
        auto const done = us.store(given);
        REQUIRE(done);
        CHECK(statuses(*done) == std::vector<int>(5, 0));
        auto const taken = got.taken();
        REQUIRE(taken.size() == 5);
        CHECK(taken.back().association == last);
        for (std::size_t i = 0; i < 5; ++i)
            CHECK((taken[i].data_set == files[i].data_set));
    }
}

TEST_CASE("an idle association that the archive has closed is not used again, and a new one proposes what was needed")
{
    received got;
    std::promise<void> closed;
    raw_scp const peer([&](raw_scp::connection& over) {
        get_peer p(over);
        std::size_t association = 0;
        {
            std::lock_guard const lock(got.mutex);
            got.proposed.push_back(p.proposed().size());
            association = got.proposed.size();
        }
        p.accept();
        for (std::size_t left = association == 3 ? 100 : 1; left > 0; --left)
            p.answer_store(over.read_message(), 0);
        over.shut_down();
        if (association == 2)
            closed.set_value();
    });
    storer us(peer.port());
    given_instances first;
    first.files = {make("1.2.1").file, make("1.2.2", 10, jpeg).file};
    REQUIRE(us.store(first));
    REQUIRE(closed.get_future().wait_for(10s) == std::future_status::ready);
    given_instances second;
    second.files = {make("1.2.3").file, make("1.2.4", 10, jpeg).file};
    auto const done = us.store(second);
    REQUIRE(done);
    CHECK(statuses(*done) == std::vector<int>{0, 0});
    CHECK(got.proposed == std::vector<std::size_t>{1, 2, 2});
}

TEST_CASE("an instance whose context is not accepted is told so, and the others are stored")
{
    struct {
        char reason;
        int status;
    } const cases[] = {{'\3', 0x0122}, {'\4', 0xC122}, {'\1', 0x0122}};
    for (auto const& c : cases) {
        CAPTURE(c.status);
        received got;
        raw_scp const peer(takes(got, &always_well, sr_class, c.reason));
        given_instances given;
        for (auto const* uid : {"1.2.1", "1.2.3", "1.2.5"})
            given.files.push_back(make(uid, 200'000, explicit_le, sr_class).file);
        given.files.insert(given.files.begin() + 1, make("1.2.2", 200'000).file);
        storer us(peer.port());
        auto const done = us.store(given);
        REQUIRE(done);
        CHECK(statuses(*done) == std::vector<int>{c.status, 0, c.status, c.status});
        CHECK(got.taken().size() == 1);
        CHECK(peer.connections() == 2);  // it was not asked again for what it refused
    }
}

TEST_CASE("an archive that rejects an association for what it proposes is asked for one context alone")
{
    received got;
    raw_scp const peer([&](raw_scp::connection& over) {
        get_peer p(over);
        std::unique_lock lock(got.mutex);
        got.proposed.push_back(p.proposed().size());
        lock.unlock();
        if (p.proposed().size() > 1)
            return p.reject();
        p.accept();
        for (;;)
            p.answer_store(over.read_message(), 0);
    });
    given_instances given;
    given.files = {make("1.2.1").file, make("1.2.2", 100, jpeg).file};
    storer us(peer.port());
    auto const done = us.store(given);
    REQUIRE(done);
    CHECK(statuses(*done) == std::vector<int>{0, 0});
    CHECK(got.proposed == std::vector<std::size_t>{1, 2, 1});
}

}  // namespace
