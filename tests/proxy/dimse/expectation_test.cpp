#include "proxy/dimse/expectation.hpp"

#include "tests/proxy/dicomweb/images.hpp"
#include "tests/support/fixed_archive.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <set>

using namespace pons;
using namespace pons::test;
using namespace pons::proxy::dimse;
using namespace std::chrono_literals;
using upstream::errc;

namespace {

/// Keeps until when each find might take.
struct watched_archive final : upstream::archive {
    explicit watched_archive(fixed_state& state, std::vector<time_point>& kept) : inner(state), deadlines(kept) {}

    awaitable<result<upstream::found>> find(mapping::find_request const& request, upstream::row_sink& rows,
                                            time_point deadline) override
    {
        deadlines.push_back(deadline);
        co_return co_await inner.find(request, rows, deadline);
    }
    awaitable<result<void>> verify(time_point deadline) override { return inner.verify(deadline); }
    awaitable<result<upstream::retrieved>> retrieve(upstream::retrieve_request const& request,
                                                    upstream::part_sink& parts, time_point deadline) override
    {
        return inner.retrieve(request, parts, deadline);
    }

    fixed_archive inner;
    std::vector<time_point>& deadlines;
};

/// A relational archive with twelve studies of one patient.
struct many_studies {
    many_studies()
    {
        config::source source;
        source.name = "web";
        source.kind = config::source_kind::dicomweb;
        settings.sources.push_back(source);
        for (int n = 1; n <= 12; ++n)
            state.studies.push_back(a_study(n));
        auto facts = std::make_shared<mapping::source_facts>();
        facts->name = "web";
        web.facts = facts;
        web.where = std::make_unique<watched_archive>(state, deadlines);
    }

    result<expectation> expect(retrieve_query const& query, listing_time time)
    {
        proxy::dicomweb::search_bounds const bounds{
            .federation = settings.federation, .max_candidates = 100, .max_fan_out = 100};
        return run(proxy::dimse::expect(settings, bounds, query, {&web}, time));
    }

    config::settings settings;
    fixed_state state;
    std::vector<time_point> deadlines;
    upstream::searched_source web;
};

retrieve_query of_patient()
{
    retrieve_query query;
    query.at = find_level::patient;
    query.patient_id = "P1";
    return query;
}

retrieve_query of_images()
{
    retrieve_query query;
    query.at = find_level::image;
    query.instances = {"1.2.1.1.1", "1.2.7.2.1", "1.2.12.1.2"};
    return query;
}

}  // namespace

TEST_CASE("each search of a listing has a deadline of its own, within that of the whole")
{
    struct {
        char const* name;
        retrieve_query query;
        std::size_t instances;
        std::size_t searches;
        bool lists;
    } const cases[] = {
        {"the studies of a patient", of_patient(), 36, 13, true},
        {"images of several studies by their UIDs alone", of_images(), 3, 4, true},
        {"the same, each asked for by itself", of_images(), 3, 7, false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        many_studies pons;
        pons.state.knows_uid_lists = c.lists;
        auto const begun = clock::now();
        auto const all = pons.expect(c.query, {20s, begun + 1h});
        REQUIRE(all);
        CHECK(all->instances.size() == c.instances);
        auto const& each = pons.deadlines;
        CHECK(each.front() >= begun + 20s);
        CHECK(each.front() < begun + 1h);
        CHECK(std::ranges::is_sorted(each));
        CHECK(std::set(each.begin(), each.end()).size() >= c.searches);
        pons.deadlines.clear();
        auto const until = clock::now() + 10s;
        REQUIRE(pons.expect(c.query, {20s, until}));
        CHECK(std::ranges::all_of(pons.deadlines, [&](auto const t) { return t == until; }));
    }
}

TEST_CASE("a listing that takes too long ends as such, and asks nobody any more")
{
    many_studies pons;
    auto const late = pons.expect(of_patient(), {20s, clock::now() - 1ms});
    REQUIRE(!late);
    CHECK(late.error().code == errc::timed_out);
    CHECK(pons.deadlines.empty());
}
