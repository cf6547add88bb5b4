#include "proxy/fhir/merged_page.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace pons;
using proxy::fhir::merged_page;

namespace {

using names = std::vector<std::string>;
namespace tags = mapping::tags;

struct three_sources {
    std::array<mapping::source_facts, 3> facts;
    three_sources()
    {
        facts[0].name = "a";
        facts[1].name = "b";
        facts[2].name = "c";
    }
    mapping::study_record study(std::size_t rank, std::string_view uid, std::string_view date) const
    {
        mapping::study_record one;
        one.attributes.add(tags::StudyInstanceUID, uid);
        one.attributes.add(tags::StudyDate, date);
        one.source = &facts[rank];
        return one;
    }
    /// What a source finds: UIDs and dates.
    std::vector<mapping::study_record> found(std::size_t rank,
                                             std::vector<std::pair<char const*, char const*>> const& all) const
    {
        std::vector<mapping::study_record> studies;
        for (auto const& [uid, date] : all)
            studies.push_back(study(rank, uid, date));
        return studies;
    }
};

/// "1.2.1 a bc": the UID, whose record is shown, who else holds it.
names shown(merged_page const& page)
{
    names all;
    for (auto const& one : page.studies()) {
        auto text = one.at.uid + ' ' + one.study.source->name;
        for (auto const* const other : one.study.other_holders)
            text += (other == one.study.other_holders.front() ? " " : "") + other->name;
        all.push_back(std::move(text));
    }
    return all;
}

bool always(mapping::study_record const&, mapping::study_record const&)
{
    return true;
}

}  // namespace

TEST_CASE("a study stands at the first place that a source gives it, as the first source has it")
{
    three_sources s;
    merged_page page{upstream::order()};
    CHECK(page.take(0, s.found(0, {{"1.2.1", "20240101"}, {"1.2.2", "20240103"}})) == 0);
    CHECK(page.take(1, s.found(1, {{"1.2.1", "20240104"}, {"1.2.3", "20240102"}})) == 1);
    CHECK(page.take(2, s.found(2, {{"1.2.1", "20231231"}})) == 1);
    CHECK_FALSE(page.cut({}, 3));
    CHECK(page.add_holders(always).empty());
    CHECK(shown(page) == names{"1.2.1 a bc", "1.2.2 a", "1.2.3 b"});
    CHECK(page.studies()[0].study.attributes.text(tags::StudyDate) == "20240101");
    CHECK(page.studies()[0].knows(2));
    CHECK_FALSE(page.studies()[1].knows(1));
}

TEST_CASE("a page has so many studies behind a place")
{
    three_sources s;
    merged_page page{upstream::order()};
    page.take(0,
              s.found(0, {{"1.2.1", "20240105"}, {"1.2.2", "20240104"}, {"1.2.3", "20240103"}, {"1.2.4", "20240102"}}));
    CHECK(page.cut(upstream::position_of(s.study(0, "1.2.1", "20240105")), 2));
    CHECK(shown(page) == names{"1.2.2 a", "1.2.3 a"});
    page.end_after(1);
    page.drop("1.2.3");
    CHECK(shown(page) == names{"1.2.2 a"});
    page.drop("1.2.2");
    CHECK(page.studies().empty());
}

TEST_CASE("what a source holds beside is shown when it matches and comes first")
{
    struct {
        char const* name;
        std::size_t rank;
        bool matches;
        names shown;
    } const cases[] = {
        {"before, and matches", 0, true, {"1.2.1 a b"}},
        {"before, and does not", 0, false, {"1.2.1 b a"}},
        {"after", 2, true, {"1.2.1 b c"}},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        three_sources s;
        merged_page page{upstream::order()};
        page.take(1, s.found(1, {{"1.2.1", "20240101"}}));
        CHECK_FALSE(page.cut({}, 1));
        page.take_held(c.rank, s.study(c.rank, "1.2.1", "20230101"), c.matches);
        page.take_held(c.rank, s.study(c.rank, "1.2.9", "20230101"), true);
        CHECK(page.add_holders(always).empty());
        CHECK(shown(page) == c.shown);
    }
}

TEST_CASE("sources that mean another patient are no holders, and are told of")
{
    three_sources s;
    merged_page page{upstream::order()};
    page.take(0, s.found(0, {{"1.2.1", "20240101"}}));
    page.take(1, s.found(1, {{"1.2.1", "20240101"}}));
    page.cut({}, 1);
    auto const told = page.add_holders([](auto const&, auto const&) { return false; });
    CHECK(shown(page) == names{"1.2.1 a"});
    CHECK(told ==
          names{"source b holds a study under the same Study Instance UID as source a, but of another patient; the "
                "two were not merged"});
}
