#include "upstream/dicomweb/page_walk.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

using namespace pons;
using namespace pons::upstream::dicomweb;

namespace {

/// A server with `matches` rows, "0" to "n-1", and habits.
struct server {
    std::uint32_t matches = 0;
    std::uint32_t cap = 0;  // rows of a page at most
    bool warns = false;     // says when there are more
    bool knows_limit = true;
    bool knows_offset = true;
    int shift = 0;                // from the second page on, rows lie so many places further on
    std::uint32_t held_back = 0;  // never given, but warned of

    unsigned asked = 0;

    bool page(upstream::dicomweb::page part, std::vector<std::string>& rows)
    {
        ++asked;
        auto from = knows_offset ? static_cast<int>(part.offset) : 0;
        if (asked > 1)
            from = std::max(0, from - shift);
        auto many = knows_limit && part.limit != 0 ? part.limit : matches;
        if (cap != 0)
            many = std::min(many, cap);
        for (auto i = static_cast<std::uint32_t>(from); i < matches && rows.size() < many; ++i)
            rows.push_back(std::to_string(i));
        return warns && (static_cast<std::uint32_t>(from) + rows.size() < matches || held_back != 0);
    }
};

struct outcome {
    std::vector<std::string> rows;
    bool truncated = false;
    unsigned asked = 0;
    std::vector<issue> issues;
};

outcome walk(server s, config::quirks quirks, page_lore& lore, std::uint32_t max_rows = 0,
             time_point now = time_point(), std::size_t question = 0)
{
    outcome o;
    page_walk w(quirks, max_rows, lore, now, question);
    for (bool again = true; again;) {
        REQUIRE(s.asked < 1000);
        std::vector<std::string> rows;
        bool const more = s.page(w.next(), rows);
        for (auto const& uid : rows) {
            auto const v = w.row(uid);
            if (v == page_walk::verdict::deliver)
                o.rows.push_back(uid);
            if (v == page_walk::verdict::stop)
                break;
        }
        again = w.end_page(more);
    }
    o.truncated = w.truncated();
    o.asked = s.asked;
    o.issues = w.issues();
    CHECK(std::set<std::string>(o.rows.begin(), o.rows.end()).size() == o.rows.size());
    CHECK(w.rows() == o.rows.size());
    return o;
}

config::quirks pages_of(std::uint32_t limit)
{
    config::quirks q;
    q.page_limit = limit;
    return q;
}

}  // namespace

TEST_CASE("servers of all kinds: the whole, or truncated")
{
    struct {
        char const* name;
        server s;
        std::uint32_t limit;
        std::uint32_t rows;
        bool truncated;
        unsigned asked;
    } const cases[] = {
        {"none", {.matches = 0}, 10, 0, false, 1},
        {"one short page", {.matches = 3}, 10, 3, false, 1},
        {"exactly one page", {.matches = 10}, 10, 10, false, 2},
        {"one more than a page", {.matches = 11}, 10, 11, false, 2},
        {"many pages", {.matches = 95}, 10, 95, false, 11},
        {"a cap below our limit, with a warning", {.matches = 25, .cap = 7, .warns = true}, 1000, 25, false, 4},
        {"a cap below our limit, without a word", {.matches = 75, .cap = 30}, 1000, 75, false, 3},
        {"a silent cap that is met exactly", {.matches = 30, .cap = 30}, 1000, 30, false, 2},
        {"a large answer, honest", {.matches = 300}, 1000, 300, false, 2},
        {"limit not known", {.matches = 15, .knows_limit = false}, 10, 15, false, 1},
        {"neither limit nor offset known",
         {.matches = 40, .knows_limit = false, .knows_offset = false},
         10,
         40,
         false,
         2},
        {"offset not known, a silent cap", {.matches = 75, .cap = 30, .knows_offset = false}, 1000, 30, true, 2},
        {"offset not known, a large answer", {.matches = 30, .knows_offset = false}, 1000, 30, true, 2},
        {"offset not known, all fit", {.matches = 9, .knows_offset = false}, 10, 9, false, 1},
        {"offset not known, more", {.matches = 40, .knows_offset = false}, 10, 10, true, 2},
        {"offset not known, exactly a page", {.matches = 10, .knows_offset = false}, 10, 10, true, 2},
        {"offset not known, but a warning",
         {.matches = 40, .cap = 5, .warns = true, .knows_offset = false},
         10,
         5,
         true,
         2},
        {"rows held back", {.matches = 5, .warns = true, .held_back = 3}, 10, 5, true, 2},
        {"a row vanished between pages", {.matches = 25, .shift = -1}, 10, 10 + 10, true, 2},
        {"a row came between pages", {.matches = 19, .shift = 1}, 10, 19, false, 3},
        {"a page of one", {.matches = 3}, 1, 3, false, 4},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        page_lore lore;
        auto const o = walk(c.s, pages_of(c.limit), lore);
        CHECK(o.rows.size() <= c.rows);
        if (!c.truncated)
            CHECK(o.rows.size() == c.rows);
        CHECK(o.truncated == c.truncated);
        CHECK(o.asked == c.asked);
        // Never shorter than what there is without saying so.
        CHECK((o.truncated || o.rows.size() == c.s.matches));
    }
}

TEST_CASE("whatever the habits, an answer that is short says so")
{
    for (std::uint32_t matches = 0; matches < 90; ++matches)
        for (std::uint32_t const cap : {0u, 2u, 20u, 25u, 50u})
            for (bool const warns : {false, true})
                for (bool const knows_limit : {false, true})
                    for (bool const knows_offset : {false, true})
                        for (std::uint32_t const limit : {2u, 10u, 25u, 1000u}) {
                            if (cap == 2 && !warns)
                                continue;  // below what is checked
                            if (!warns && !knows_offset && cap != 0)
                                continue;  // nobody can know
                            server const s{.matches = matches,
                                           .cap = cap,
                                           .warns = warns,
                                           .knows_limit = knows_limit,
                                           .knows_offset = knows_offset};
                            page_lore lore;
                            auto const o = walk(s, pages_of(limit), lore);
                            CAPTURE(matches);
                            CAPTURE(cap);
                            CAPTURE(warns);
                            CAPTURE(knows_limit);
                            CAPTURE(knows_offset);
                            CAPTURE(limit);
                            CHECK((o.truncated || o.rows.size() == matches));
                        }
}

TEST_CASE("stops at max_rows, and knows whether there were more")
{
    page_lore lore;
    auto const more = walk({.matches = 8}, pages_of(1000), lore, 5);
    CHECK(more.rows.size() == 5);
    CHECK(more.truncated);
    CHECK(more.asked == 1);
    auto const exactly = walk({.matches = 5}, pages_of(1000), lore, 5);
    CHECK(exactly.rows.size() == 5);
    CHECK_FALSE(exactly.truncated);
    auto const pages = walk({.matches = 50}, pages_of(10), lore, 25);
    CHECK(pages.rows.size() == 25);
    CHECK(pages.truncated);
    CHECK(pages.asked == 3);
}

TEST_CASE("learns from one search to the next")
{
    page_lore lore;
    server const honest{.matches = 300};
    CHECK(walk(honest, {}, lore).asked == 2);  // looks beyond the end, once
    CHECK(walk(honest, {}, lore).asked == 1);
    CHECK(walk({.matches = 299}, {}, lore).asked == 1);
    CHECK(walk({.matches = 301}, {}, lore).asked == 2);

    CHECK(walk({.matches = 301}, {}, lore).asked == 1);
    CHECK(walk({.matches = 301}, {}, lore, 0, time_point() + std::chrono::minutes(1)).asked == 2);  // not for ever
    CHECK(walk({.matches = 99}, {}, lore, 0, time_point() + std::chrono::minutes(60)).asked == 1);
    auto const later = walk({.matches = 99, .cap = 40}, {}, lore, 0, time_point() + std::chrono::minutes(120));
    CHECK(later.rows.size() == 99);  // it may stop at less since then

    page_lore capped;
    CHECK(walk({.matches = 230, .cap = 100}, {}, capped).rows.size() == 230);
    CHECK(capped.cap == 100);
    CHECK(walk({.matches = 100, .cap = 100}, {}, capped).asked == 2);
    CHECK(walk({.matches = 99, .cap = 100}, {}, capped).asked == 1);
    CHECK(walk({.matches = 150}, {}, capped).rows.size() == 150);
    CHECK(capped.cap == 0);  // it was not one
}

TEST_CASE("believes what the configuration says")
{
    page_lore lore;
    config::quirks no_offset;
    no_offset.offset = false;
    no_offset.page_limit = 10;
    auto const full = walk({.matches = 25}, no_offset, lore);
    CHECK(full.rows.size() == 10);
    CHECK(full.truncated);
    CHECK(full.asked == 1);
    REQUIRE(full.issues.size() == 1);
    CHECK(full.issues[0].what == issue::kind::incomplete);
    CHECK_FALSE(walk({.matches = 9}, no_offset, lore).truncated);

    config::quirks capped;
    capped.max_results = 15;
    auto const at_cap = walk({.matches = 15}, capped, lore);
    CHECK(at_cap.truncated);
    CHECK_FALSE(walk({.matches = 14}, capped, lore).truncated);
}

TEST_CASE("what is whole for one question need not be for another that brings the same")
{
    page_lore lore;
    config::quirks const quirks;
    CHECK(walk({.matches = 40}, quirks, lore, 0, {}, 1).asked == 2);
    CHECK(walk({.matches = 40}, quirks, lore, 0, {}, 1).asked == 1);
    auto const other = walk({.matches = 75, .cap = 40}, quirks, lore, 0, {}, 2);
    CHECK(other.rows.size() == 75);
    CHECK_FALSE(other.truncated);
}

TEST_CASE("a look beyond the end that is refused leaves it open whether there is more")
{
    page_lore lore;
    config::quirks const quirks;
    page_walk w(quirks, 0, lore, time_point(), 0);
    w.next();
    for (int i = 0; i < 50; ++i)
        w.row(std::to_string(i));
    REQUIRE(w.end_page(false));
    CHECK(w.checking());
    w.check_was_refused();
    CHECK(w.truncated());
    REQUIRE(w.issues().size() == 1);
    CHECK(w.issues()[0].what == issue::kind::incomplete);
    CHECK(walk({.matches = 50}, quirks, lore).asked == 2);  // it is not taken for whole the next time
}

TEST_CASE("rows without UID are no progress")
{
    page_lore lore;
    auto const quirks = pages_of(2);
    page_walk w(quirks, 0, lore, time_point(), 0);
    unsigned pages = 0;
    for (bool again = true; again && pages < 10; ++pages) {
        w.next();
        CHECK(w.row("") == page_walk::verdict::deliver);
        CHECK(w.row("") == page_walk::verdict::deliver);
        again = w.end_page(false);
    }
    CHECK(pages == 2);
    CHECK(w.truncated());
}

TEST_CASE("a set of UIDs holds what was put in")
{
    uid_set set;
    for (int i = 0; i < 5000; ++i)
        CHECK(set.insert("1.2." + std::to_string(i)));
    for (int i = 0; i < 5000; ++i)
        CHECK_FALSE(set.insert("1.2." + std::to_string(i)));
}
