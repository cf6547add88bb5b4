#include "proxy/dimse/locate.hpp"

#include "tests/proxy/dicomweb/images.hpp"
#include "tests/support/fixed_archive.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

#include <deque>

using namespace pons;
using namespace pons::test;
using namespace pons::proxy::dimse;
using upstream::errc;
using upstream::retrieve_request;
namespace tags = mapping::tags;
using texts = std::vector<std::string>;

namespace {

/// Sources, each with some of the studies 1.2.1, 1.2.2, … .
struct table {
    config::settings settings;
    std::deque<fixed_state> states;
    std::uint32_t most_queries = 1000;

    fixed_state& add(std::string const& name, std::vector<int> const& studies,
                     config::source_kind kind = config::source_kind::dicomweb)
    {
        config::source source;
        source.name = name;
        source.kind = kind;
        settings.sources.push_back(source);
        auto& state = states.emplace_back();
        for (auto const n : studies)
            state.studies.push_back(a_study(n));
        return state;
    }

    result<std::vector<retrieve_request>> locate(retrieve_query const& query)
    {
        std::deque<upstream::searched_source> all;
        std::vector<upstream::searched_source*> asked;
        for (std::size_t i = 0; i < states.size(); ++i) {
            auto facts = std::make_shared<mapping::source_facts>();
            facts->name = settings.sources[i].name;
            all.push_back({.where = std::make_unique<fixed_archive>(states[i]), .facts = facts, .abilities = {}});
            asked.push_back(&all.back());
        }
        auto const deadline = clock::now() + std::chrono::seconds(10);
        return run(proxy::dimse::locate(settings, query, asked, most_queries, {std::chrono::seconds(10), deadline}));
    }
};

retrieve_query image_query(texts uids)
{
    retrieve_query query;
    query.at = find_level::image;
    query.instances = std::move(uids);
    return query;
}

retrieve_query series_query(texts uids)
{
    retrieve_query query;
    query.at = find_level::series;
    query.series = std::move(uids);
    return query;
}

}  // namespace

TEST_CASE("the path of series and images is found by their UIDs, in one query where lists are known")
{
    for (bool const lists : {true, false}) {
        CAPTURE(lists);
        table t;
        auto& web = t.add("web", {1, 2, 3});
        web.knows_uid_lists = lists;
        auto const some = t.locate(image_query({"1.2.2.2.1", "1.2.1.1.2", "1.2.2.2.1", "1.2.1.1.1"}));
        REQUIRE(some);
        CHECK(*some == std::vector<retrieve_request>{{"1.2.1", "1.2.1.1", "1.2.1.1.1"},
                                                     {"1.2.1", "1.2.1.1", "1.2.1.1.2"},
                                                     {"1.2.2", "1.2.2.2", "1.2.2.2.1"}});
        CHECK(web.requests.size() == (lists ? 1 : 4));
        CHECK(web.requests.front().at == mapping::level::instance);
        auto const two = t.locate(series_query({"1.2.3.1", "1.2.1.2"}));
        REQUIRE(two);
        CHECK(*two == std::vector<retrieve_request>{{"1.2.1", "1.2.1.2", ""}, {"1.2.3", "1.2.3.1", ""}});
        CHECK(web.requests.back().at == mapping::level::series);
    }
}

TEST_CASE("where something is, is asked anew")
{
    table t;
    t.settings.sources.push_back({});
    t.settings.sources.back().kind = config::source_kind::dicomweb;
    fixed_state before;
    fixed_state now;
    now.studies.push_back(a_study(1));
    upstream::searched_source source{.where = std::make_unique<fixed_archive>(before),
                                     .facts = std::make_shared<mapping::source_facts>(),
                                     .abilities = {},
                                     .anew = std::make_shared<fixed_archive>(now)};
    auto const found = run(proxy::dimse::locate(t.settings, image_query({"1.2.1.1.1"}), {&source}, t.most_queries,
                                                {std::chrono::seconds(10), clock::now() + std::chrono::seconds(10)}));
    REQUIRE(found);
    CHECK(found->size() == 1);
    CHECK(before.requests.empty());
}

TEST_CASE("what is named of the path counts")
{
    table t;
    t.add("web", {1, 2});
    auto query = image_query({"1.2.1.1.1", "1.2.2.1.1"});
    query.studies = {"1.2.2"};
    auto const one = t.locate(query);
    REQUIRE(one);
    CHECK(*one == std::vector<retrieve_request>{{"1.2.2", "1.2.2.1", "1.2.2.1.1"}});
    query.studies.clear();
    query.series = {"1.2.1.1"};
    auto const other = t.locate(query);
    REQUIRE(other);
    CHECK(*other == std::vector<retrieve_request>{{"1.2.1", "1.2.1.1", "1.2.1.1.1"}});
}

TEST_CASE("of several sources all are asked; where one has a copy it is one place")
{
    table t;
    t.add("a", {1, 2});
    t.add("b", {2, 3});
    auto const all = t.locate(series_query({"1.2.1.1", "1.2.2.1", "1.2.3.1", "1.2.9.1"}));
    REQUIRE(all);
    CHECK(*all ==
          std::vector<retrieve_request>{{"1.2.1", "1.2.1.1", ""}, {"1.2.2", "1.2.2.1", ""}, {"1.2.3", "1.2.3.1", ""}});
    auto const none = t.locate(image_query({"1.2.9.1.1"}));
    REQUIRE(none);
    CHECK(none->empty());
}

TEST_CASE("what is not found is not said to be nowhere while a source may have it")
{
    table t;
    t.add("a", {1});
    std::string where;
    SUBCASE("it cannot be asked so")
    {
        t.add("b", {2}, config::source_kind::dimse);
        where = "source b cannot be asked by these UIDs alone";
    }
    SUBCASE("it is down")
    {
        t.add("b", {2}).fail_everywhere(errc::unreachable);
        where = "source b: the archive cannot be reached";
    }
    SUBCASE("it refuses")
    {
        t.add("b", {2}).fail_everywhere(errc::refused);
        where = "source b: the archive answered with a failure";
    }
    SUBCASE("it holds something back")
    {
        t.add("b", {}).truncates = true;
        where = "source b told a part only";
    }
    SUBCASE("it would have to be asked too often")
    {
        t.add("b", {2}).knows_uid_lists = false;
        t.most_queries = 1;
        where = "source b would have to be asked too often";
    }
    auto const unknown = t.locate(image_query({"1.2.1.1.1", "1.2.2.1.1"}));
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().code == errc::incomplete);
    CHECK(unknown.error().where == where);
    // Of what was found it is known where it is; whether all have it is another question.
    CHECK(t.locate(image_query({"1.2.1.1.1"})));
}

TEST_CASE("a relational DIMSE archive can be asked, another cannot")
{
    config::source source;
    source.kind = config::source_kind::dimse;
    CHECK_FALSE(finds_by_uid(source));
    source.quirks.relational = true;
    CHECK(finds_by_uid(source));
    source = {};
    source.kind = config::source_kind::dicomweb;
    CHECK(finds_by_uid(source));
}
