#include "upstream/federation/routing.hpp"

#include <doctest/doctest.h>

#include <deque>

using namespace pons;

namespace {

using names = std::vector<std::string>;
using lists = std::vector<names>;

/// Sources a, b and c with the routes of a test.
struct three_sources {
    three_sources()
    {
        for (auto const* const name : {"a", "b", "c"}) {
            auto facts = std::make_shared<mapping::source_facts>();
            facts->name = name;
            all.push_back({.where = nullptr, .facts = std::move(facts), .abilities = {}});
        }
    }

    upstream::choice choose(upstream::certain const& known)
    {
        std::vector<upstream::searched_source*> sources;
        for (auto& source : all)
            sources.push_back(&source);
        return upstream::choose_sources(std::move(sources), federation, known);
    }

    std::deque<upstream::searched_source> all;
    config::federation federation;
};

names asked(upstream::choice const& choice)
{
    names all;
    for (auto const* const source : choice.asked)
        all.push_back(source->facts->name);
    return all;
}

}  // namespace

TEST_CASE("a source is left out only where a route is proved to be about all that is searched for")
{
    three_sources s;
    s.federation.routes = {
        {.name = "breasts", .issuer = {}, .modality = {"MG", "US"}, .sources = {"b"}},
        {.name = "north", .issuer = {"urn:oid:1", "HOSP_A"}, .modality = {}, .sources = {"a", "b"}},
        {.name = "hearts", .issuer = {"urn:oid:2"}, .modality = {"XA"}, .sources = {"c"}},
        {.name = "nothing", .issuer = {}, .modality = {}, .sources = {"a"}},
    };
    struct {
        char const* name;
        lists issuers;
        lists modalities;
        names to;
    } const cases[] = {
        {"nothing is known", {}, {}, {"a", "b", "c"}},
        {"of the route", {}, {{"MG"}}, {"b"}},
        {"any of the route's", {}, {{"US", "MG"}}, {"b"}},
        {"one of them only", {}, {{"MG", "CT"}}, {"a", "b", "c"}},
        {"both, one of which says it", {}, {{"CT"}, {"MG"}}, {"b"}},
        {"another", {}, {{"CT"}}, {"a", "b", "c"}},
        {"of lower case", {}, {{"mg"}}, {"a", "b", "c"}},
        {"an issuer by its system", {{"urn:oid:1"}}, {}, {"a", "b"}},
        {"an issuer by its own name", {{"HOSP_A"}}, {}, {"a", "b"}},
        {"two issuers, one elsewhere", {{"urn:oid:1", "urn:oid:9"}}, {}, {"a", "b", "c"}},
        {"two routes", {{"urn:oid:1"}}, {{"MG"}}, {"b"}},
        {"half of a route", {{"urn:oid:2"}}, {}, {"a", "b", "c"}},
        {"the other half", {}, {{"XA"}}, {"a", "b", "c"}},
        {"both halves", {{"urn:oid:2"}}, {{"XA"}}, {"c"}},
        {"routes that leave nobody", {{"urn:oid:2"}}, {{"XA"}, {"MG"}}, {"a", "b", "c"}},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto const choice = s.choose({.issuers = c.issuers, .modalities = c.modalities});
        CHECK(asked(choice) == c.to);
        CHECK(choice.asked.size() + choice.not_asked.size() == 3);
    }
}

TEST_CASE("who is left out is told with the routes that say so")
{
    three_sources s;
    s.federation.routes = {{.name = "breasts", .issuer = {}, .modality = {"MG"}, .sources = {"b"}},
                           {.name = "north", .issuer = {"urn:oid:1"}, .modality = {}, .sources = {"a", "b"}}};
    auto const choice = s.choose({.issuers = {{"urn:oid:1"}}, .modalities = {{"MG"}}});
    REQUIRE(choice.not_asked.size() == 2);
    CHECK(choice.not_asked[0].source == &s.all[0]);
    CHECK(choice.not_asked[0].why == "by the route breasts it holds no such study");
    CHECK(choice.not_asked[1].source == &s.all[2]);
    CHECK(choice.not_asked[1].why == "by the routes breasts, north it holds no such study");
    CHECK(choice.remark.empty());

    s.federation.routes[1].sources = {"c"};
    auto const all = s.choose({.issuers = {{"urn:oid:1"}}, .modalities = {{"MG"}}});
    CHECK(asked(all) == names{"a", "b", "c"});
    CHECK(all.not_asked.empty());
    CHECK(all.remark == "by the routes breasts, north no source holds such a study; they are not followed");
}

TEST_CASE("a called AE title leads to its sources, in their order")
{
    config::settings settings;
    for (auto const* const name : {"a", "b", "c"})
        settings.sources.emplace_back().name = name;
    settings.dicom.ae_title = "PONS";
    settings.dicom.ae_titles["PONS_WEB"] = {"c", "a"};
    using views = std::vector<std::string_view>;
    CHECK(upstream::behind_title(settings, "PONS") == views{"a", "b", "c"});
    CHECK(upstream::behind_title(settings, "PONS_WEB") == views{"a", "c"});
    CHECK(upstream::behind_title(settings, "OTHER").empty());
    CHECK(upstream::behind_title(settings, "").empty());
}
