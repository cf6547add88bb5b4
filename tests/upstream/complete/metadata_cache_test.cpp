#include "upstream/complete/metadata_cache.hpp"
#include "upstream/memory_of.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>

using namespace pons;
using namespace std::chrono_literals;
using upstream::memory_of;
using upstream::metadata_cache;
using upstream::retrieve_request;
namespace tags = mapping::tags;

namespace {

using list = std::vector<std::string>;

mapping::data_set data_set(std::string const& uid, std::string const& series, std::string const& study = "1.2")
{
    mapping::data_set row;
    row.add(tags::SOPInstanceUID, uid);
    row.add(tags::StudyInstanceUID, study);
    row.add(tags::SeriesInstanceUID, series);
    row.add(tags::PatientName, std::string(1000, 'x'));
    return row;
}

/// Instances of one series, "1.2.1" of study "1.2" unless it is said.
bool put(metadata_cache& to, list const& uids, std::string const& study = "1.2", std::string const& series = "1.2.1")
{
    metadata_cache::gathering all(to, {study, {}, {}});
    for (auto const& uid : uids)
        all.add(data_set(uid, series, study));
    all.keep({uids.begin(), uids.end()});
    return to.may_hold({study, {}, {}});
}

std::uint64_t size_of_one()
{
    metadata_cache one({.size = 1 << 20, .time = 1min});
    put(one, {"1.1"});
    return one.bytes();
}

}  // namespace

TEST_CASE("what is forgotten is given to nobody, and frees its room")
{
    metadata_cache kept({.size = 1 << 20, .time = 1min});
    put(kept, {"1.1", "1.3"});
    auto const held = kept.find("1.2", {"1.1"});
    kept.forget();
    CHECK_FALSE(kept.may_hold({"1.2", {}, {}}));
    CHECK(kept.find("1.2", {"1.1"}).empty());
    CHECK(kept.bytes() == 0);
    CHECK(held.front()->text(tags::SOPInstanceUID) == "1.1");
    CHECK(put(kept, {"1.1"}));
}

TEST_CASE("metadata is kept by study, series and instance")
{
    metadata_cache kept({.size = 1 << 20, .time = 1min});
    CHECK_FALSE(kept.may_hold({"1.2", {}, {}}));
    put(kept, {"1.1", "1.3"});
    CHECK(kept.may_hold({"1.2", {}, {}}));
    CHECK(kept.may_hold({"1.2", "1.2.1", {}}));
    CHECK_FALSE(kept.may_hold({"1.2", "1.2.2", {}}));
    CHECK(kept.may_hold({"1.2", "1.2.1", "1.3"}));
    CHECK_FALSE(kept.may_hold({"1.2", "1.2.1", "1.4"}));
    CHECK_FALSE(kept.may_hold({"1.3", {}, {}}));

    auto const both = kept.find("1.2", {"1.3", "1.1"});
    REQUIRE(both.size() == 2);
    CHECK(*both[0] == data_set("1.3", "1.2.1"));
    CHECK(*both[1] == data_set("1.1", "1.2.1"));
    CHECK(kept.find("1.2", {"1.1", "1.4"}).empty());  // all of them, or none
    CHECK(kept.find("1.3", {"1.1"}).empty());

    put(kept, {"2.1"}, "1.2", "1.2.2");  // what came for a series is of its study
    CHECK(kept.find("1.2", {"1.1", "1.3", "2.1"}).size() == 3);
}

TEST_CASE("metadata is not kept for longer than was said")
{
    time_point now{};
    metadata_cache kept({.size = 1 << 20, .time = 60s}, [&] { return now; });
    put(kept, {"1.1"});
    now += 59s;
    put(kept, {"1.3"});
    CHECK(kept.find("1.2", {"1.1", "1.3"}).size() == 2);
    now += 1s;
    CHECK(kept.find("1.2", {"1.3"}).size() == 1);
    CHECK(kept.find("1.2", {"1.1"}).empty());  // each has its time
    CHECK(kept.may_hold({"1.2", {}, {}}));
    now += 59s;
    CHECK_FALSE(kept.may_hold({"1.2", {}, {}}));
    CHECK(kept.bytes() == 0);
}

TEST_CASE("metadata of retrieves that were not all, or of something else, is not kept")
{
    struct {
        char const* name;
        retrieve_request what;
        std::vector<mapping::data_set> rows;
        std::unordered_set<std::string> came;
        bool kept;
    } const cases[] = {
        {"all of it", {"1.2", {}, {}}, {data_set("1.1", "1.2.1")}, {"1.1"}, true},
        {"a series", {"1.2", "1.2.1", {}}, {data_set("1.1", "1.2.1")}, {"1.1"}, true},
        {"more came than rows", {"1.2", {}, {}}, {data_set("1.1", "1.2.1")}, {"1.1", "1.3"}, false},
        {"other instances came", {"1.2", {}, {}}, {data_set("1.1", "1.2.1")}, {"1.3"}, false},
        {"one twice", {"1.2", {}, {}}, {data_set("1.1", "1.2.1"), data_set("1.1", "1.2.1")}, {"1.1"}, false},
        {"another study", {"1.2", {}, {}}, {data_set("1.1", "1.2.1", "1.3")}, {"1.1"}, false},
        {"another series", {"1.2", "1.2.1", {}}, {data_set("1.1", "1.2.2")}, {"1.1"}, false},
        {"no UID", {"1.2", {}, {}}, {data_set("", "1.2.1")}, {""}, false},
        {"nothing", {"1.2", {}, {}}, {}, {}, false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        metadata_cache kept({.size = 1 << 20, .time = 1min});
        {
            metadata_cache::gathering all(kept, c.what);
            for (auto const& row : c.rows)
                all.add(row);
            all.keep(c.came);
        }
        CHECK(kept.may_hold({"1.2", {}, {}}) == c.kept);
        CHECK((kept.bytes() != 0) == c.kept);
    }
    metadata_cache kept({.size = 1 << 20, .time = 1min});
    {
        metadata_cache::gathering all(kept, {"1.2", {}, {}});
        all.add(data_set("1.1", "1.2.1"));
        CHECK(kept.bytes() > 0);  // counts from the first
    }
    CHECK(kept.bytes() == 0);
    CHECK_FALSE(kept.may_hold({"1.2", {}, {}}));
}

TEST_CASE("the study that was not used for longest goes when there is no room")
{
    auto const one = size_of_one();
    CHECK(one > 2 * 1000);
    metadata_cache kept({.size = 3 * one, .time = 1min});
    put(kept, {"1.1"}, "1.2");
    put(kept, {"1.1"}, "1.3");
    put(kept, {"1.1"}, "1.4");
    CHECK(kept.bytes() == 3 * one);
    CHECK(kept.find("1.2", {"1.1"}).size() == 1);
    put(kept, {"1.1"}, "1.5");
    CHECK(kept.bytes() == 3 * one);
    CHECK_FALSE(kept.may_hold({"1.3", {}, {}}));
    for (auto const* study : {"1.2", "1.4", "1.5"})
        CHECK(kept.may_hold({study, {}, {}}));

    put(kept, {"1.1"}, "1.5");  // again, in its place
    CHECK(kept.bytes() <= 3 * one);
    CHECK(kept.may_hold({"1.5", {}, {}}));

    CHECK_FALSE(put(kept, {"1.1", "1.2", "1.3", "1.4"}, "1.6"));  // larger than all of it
    CHECK(kept.bytes() <= 3 * one);
    metadata_cache none({.size = 0, .time = 1min});
    CHECK_FALSE(put(none, {"1.1"}));
}

TEST_CASE("what was found lives on when the cache has dropped it")
{
    auto const one = size_of_one();
    metadata_cache kept({.size = one, .time = 1min});
    put(kept, {"1.1"}, "1.2");
    auto const held = kept.find("1.2", {"1.1"});
    put(kept, {"1.1"}, "1.3");
    CHECK_FALSE(kept.may_hold({"1.2", {}, {}}));
    REQUIRE(held.size() == 1);
    CHECK(*held[0] == data_set("1.1", "1.2.1"));
}

TEST_CASE("the estimate of a data set is more than what it holds")
{
    mapping::data_set row;
    auto const empty = memory_of(row);
    row.add(tags::PatientName, std::string(500, 'x'));
    CHECK(memory_of(row) >= empty + 500);
    auto* const items = row.add_sequence(mapping::tag{0x00081110});
    items->resize(3);
    items->at(2).add(tags::PatientID, std::string(500, 'x'));
    CHECK(memory_of(row) >= 4 * empty + 1000);
}

TEST_CASE("workers share what is kept")
{
    auto const one = size_of_one();
    metadata_cache kept({.size = 5 * one, .time = 1min});
    std::atomic<int> wrong = 0;
    std::vector<std::thread> workers;
    for (int w = 0; w < 4; ++w)
        workers.emplace_back([&, w] {
            for (int i = 0; i < 500; ++i) {
                auto const study = "1." + std::to_string((i + w) % 8);
                put(kept, {"1.1"}, study);
                for (auto const& row : kept.find(study, {"1.1"}))
                    wrong += *row == data_set("1.1", "1.2.1", study) ? 0 : 1;
                wrong += kept.bytes() <= 5 * one ? 0 : 1;
            }
        });
    for (auto& worker : workers)
        worker.join();
    CHECK(wrong == 0);
    std::uint64_t left = 0;
    for (int s = 0; s < 8; ++s)
        left += kept.may_hold({"1." + std::to_string(s), {}, {}}) ? one : 0;
    CHECK(kept.bytes() == left);
}
