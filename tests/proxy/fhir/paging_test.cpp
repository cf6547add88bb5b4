#include "tests/proxy/fhir/face.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;

namespace {

/// Ten studies, dated on six days, two without a date; ids in the order of the answer.
std::vector<std::string> const all{"1.2.10", "1.2.9", "1.2.7", "1.2.8", "1.2.5",
                                   "1.2.6",  "1.2.3", "1.2.4", "1.2.1", "1.2.2"};

void hold_ten(fixed_state& state)
{
    for (auto const& [uid, date] : std::initializer_list<std::pair<char const*, char const*>>{{"1.2.4", "20200101"},
                                                                                              {"1.2.1", ""},
                                                                                              {"1.2.5", "20230101"},
                                                                                              {"1.2.10", "20240310"},
                                                                                              {"1.2.6", "20210101"},
                                                                                              {"1.2.2", ""},
                                                                                              {"1.2.8", "20231231"},
                                                                                              {"1.2.7", "20240101"},
                                                                                              {"1.2.9", "20240309"},
                                                                                              {"1.2.3", "20200101"}})
        state.studies.push_back(a_study(uid, date));
}

/// The ids of all pages, following `next`; at most `limit` pages.
std::vector<std::string> walk(face& f, std::string const& first, std::size_t count, std::size_t limit = 30)
{
    std::vector<std::string> ids;
    auto url = first;
    for (std::size_t page = 0; !url.empty(); ++page) {
        REQUIRE(page < limit);
        auto const answer = f.get(url);
        REQUIRE(status_of(answer) == 200);
        auto const bundle = body_of(answer);
        auto const some = ids_of(bundle);
        CHECK(some.size() <= count);
        ids.insert(ids.end(), some.begin(), some.end());
        url = link_of(bundle, "next");
    }
    return ids;
}

}  // namespace

TEST_CASE("pages hold all studies once, in order, whatever their size")
{
    face f;
    hold_ten(f.add_source("a"));
    for (std::size_t const count : {1U, 2U, 3U, 5U, 7U, 10U, 11U, 1000U}) {
        CAPTURE(count);
        auto const size = "&_count=" + std::to_string(count);
        CHECK(walk(f, "ImagingStudy?patient=P1" + size, count) == all);
        auto dated = all;
        dated.resize(8);
        CHECK(walk(f, "ImagingStudy?started=ge1900" + size, count) == dated);
        CHECK(walk(f, "ImagingStudy?patient=P1&_sort=_id" + size, count) ==
              std::vector<std::string>{"1.2.1", "1.2.10", "1.2.2", "1.2.3", "1.2.4", "1.2.5", "1.2.6", "1.2.7", "1.2.8",
                                       "1.2.9"});
        CHECK(walk(f, "ImagingStudy?patient=P1&_sort=started,-_id" + size, count) ==
              std::vector<std::string>{"1.2.4", "1.2.3", "1.2.6", "1.2.5", "1.2.8", "1.2.7", "1.2.9", "1.2.10", "1.2.2",
                                       "1.2.1"});
    }
}

TEST_CASE("pages of several sources hold all studies once, in order")
{
    face f;
    auto& a = f.add_source("a");
    auto& b = f.add_source("b");
    auto& c = f.add_source("c");
    fixed_state every;
    hold_ten(every);
    for (std::size_t i = 0; i < every.studies.size(); ++i) {
        if (i % 2 == 0)
            a.studies.push_back(every.studies[i]);
        if (i % 3 == 0)
            b.studies.push_back(every.studies[i]);
        if (i % 2 != 0)
            c.studies.push_back(every.studies[i]);
    }
    for (std::size_t const count : {1U, 2U, 3U, 4U, 5U, 7U, 9U, 10U, 11U}) {
        CAPTURE(count);
        auto const size = "&_count=" + std::to_string(count);
        CHECK(walk(f, "ImagingStudy?patient=P1" + size, count) == all);
        CHECK(walk(f, "ImagingStudy?patient.identifier=P1&_total=accurate" + size, count) == all);
        auto dated = all;
        dated.resize(8);
        CHECK(walk(f, "ImagingStudy?started=ge1900" + size, count) == dated);
    }
}

TEST_CASE("the total is exact or absent, on every page")
{
    face f;
    hold_ten(f.add_source("a"));
    auto& b = f.add_source("b");
    hold_ten(b);
    b.studies.push_back(a_study("1.2.77", "20240501"));
    for (auto const* query : {"patient.identifier=P1&_total=accurate", "started=ge1900&_total=accurate",
                              "patient.identifier=P1", "patient=P1", "started=ge1900", "patient=P1&_total=estimate"}) {
        CAPTURE(query);
        auto const size = std::string(query).starts_with("started") ? 9 : 11;
        for (auto const* count : {"1", "4", "20"}) {
            std::string url = "ImagingStudy?" + std::string(query) + "&_count=" + count;
            while (!url.empty()) {
                auto const bundle = body_of(f.get(url));
                if (bundle.contains("total"))
                    CHECK(bundle["total"] == size);
                else
                    CHECK(url.find("accurate") == std::string::npos);
                url = link_of(bundle, "next");
            }
        }
    }
    CHECK_FALSE(body_of(f.get("ImagingStudy?patient=P1&_total=none")).contains("total"));
    CHECK(body_of(f.get("ImagingStudy?patient=P1&_summary=count&_total=none"))["total"] == 11);
}

TEST_CASE("a study that two sources date differently stands on one page")
{
    face f;
    auto& a = f.add_source("a");
    auto& b = f.add_source("b");
    // 1.2.2 is older for one source than for the other.
    for (bool const swapped : {false, true}) {
        auto& x = swapped ? b : a;
        auto& y = swapped ? a : b;
        x.studies = {a_study("1.2.1", "20240110"), a_study("1.2.2", "20240101")};
        y.studies = {a_study("1.2.2", "20240120"), a_study("1.2.3", "20240105")};
        for (auto const* query : {"started=ge2020", "patient.identifier=P1", "started=ge2020&_total=accurate"})
            for (std::size_t const count : {1U, 2U, 3U, 4U}) {
                CAPTURE(swapped);
                CAPTURE(query);
                CAPTURE(count);
                CHECK(walk(f, std::string("ImagingStudy?") + query + "&_count=" + std::to_string(count), count) ==
                      std::vector<std::string>{"1.2.2", "1.2.1", "1.2.3"});
            }
    }
}

TEST_CASE("what a source that was missing would have put on an earlier page is not taken to be shown")
{
    face f;
    auto& a = f.add_source("a");
    auto& b = f.add_source("b");
    a.studies = {a_study("1.2.1", "20240310"), a_study("1.2.2", "20240301")};
    b.studies = {a_study("1.2.2", "20240315")};
    b.fail_everywhere(upstream::errc::unreachable);
    auto const first = body_of(f.get("ImagingStudy?started=ge2024&_count=1"));
    CHECK(ids_of(first) == std::vector<std::string>{"1.2.1"});
    b.fails.fill({});
    auto const second = body_of(f.get(link_of(first, "next")));
    CHECK(ids_of(second) == std::vector<std::string>{"1.2.2"});
    CHECK(issues_of(second) ==
          "incomplete: source b was missing on a page before; studies of it that belong there are not shown\n");
}

TEST_CASE("a study that stands on an earlier page by another source's date is told")
{
    face f;
    auto& a = f.add_source("a");
    auto& b = f.add_source("b");
    a.studies = {a_study("1.2.1", "20240310"), a_study("1.2.2", "20240301"), a_study("1.2.3", "20240201")};
    b.studies = {a_study("1.2.2", "20240315")};
    auto const first = body_of(f.get("ImagingStudy?started=ge2024&_count=2"));
    CHECK(ids_of(first) == std::vector<std::string>{"1.2.2", "1.2.1"});
    auto const second = body_of(f.get(link_of(first, "next")));
    CHECK(ids_of(second) == std::vector<std::string>{"1.2.3"});
    CHECK(issues_of(second).find("informational: 1 studies are not shown here") == 0);
}

TEST_CASE("a link carries the format, and nothing of the search")
{
    face f;
    hold_ten(f.add_source("a"));
    auto const first = f.get("ImagingStudy?patient=P1&_format=xml&_count=4&_pretty=true");
    CHECK(first.content_type == "application/fhir+xml; charset=utf-8");
    pugi::xml_document document;
    REQUIRE(document.load_string(first.body.c_str()));
    std::string next;
    for (auto const link : document.child("Bundle").children("link"))
        if (std::string_view(link.child("relation").attribute("value").value()) == "next")
            next = link.child("url").attribute("value").value();
    CHECK(next.find("_format=xml") != std::string::npos);
    // The letters of the token are drawn by lot.
    auto told = next;
    auto const token = told.find("_page=");
    REQUIRE(token != std::string::npos);
    told.erase(token, told.find('&', token) - token);
    CHECK(told.find("P1") == std::string::npos);
    CHECK(next.find("patient") == std::string::npos);
    auto const second = f.get(next);
    CHECK(second.content_type == first.content_type);
    CHECK(second.body.find('\n') != std::string::npos);
    CHECK(second.body.find(next.substr(0, next.find('&'))) != std::string::npos);  // its self link
}

TEST_CASE("a page link that cannot be opened is 410, and one with more parameters 400")
{
    face f;
    hold_ten(f.add_source("a"));
    auto const next = link_of(body_of(f.get("ImagingStudy?patient=P1&_count=4")), "next");
    struct {
        std::string url;
        unsigned status;
    } const cases[] = {
        {"ImagingStudy?_page=nonsense", 410},
        {"ImagingStudy?_page=" + std::string(100'000, 'A'), 410},
        {next + "A", 410},
        {next.substr(0, next.size() - 1), 410},
        {next + "&patient=P2", 400},
        {next + "&_count=5", 400},
        {next + "&_sort=_id", 400},
        {next + "&_pretty=true", 200},
        {next + "&_format=json", 200},
        {next + "&cache=1", 200},
        {next + "&patient=", 200},
        {"Patient/P1/ImagingStudy" + next.substr(next.find('?')), 400},
    };
    for (auto const& c : cases) {
        CAPTURE(c.url.substr(0, 200));
        auto const answer = f.get(c.url);
        CHECK(status_of(answer) == c.status);
        if (c.status != 200)
            CHECK(body_of(answer)["resourceType"] == "OperationOutcome");
    }
    CHECK(issues_of(body_of(f.get(next + "&cache=1"))) ==
          "not-supported: the parameter cache is not known here and was ignored\n");
    std::vector<proxy::http::header> const strict{{"Prefer", "handling=strict"}};
    CHECK(status_of(f.get(next, strict)) == 200);
    CHECK(status_of(f.get(next + "&cache=1", strict)) == 400);
}

TEST_CASE("a page that another process began goes on here")
{
    face one;
    hold_ten(one.add_source("a"));
    auto const next = link_of(body_of(one.get("ImagingStudy?patient=P1&_count=4")), "next");
    face other;
    hold_ten(other.add_source("a"));
    CHECK(ids_of(body_of(other.get(next))) == std::vector<std::string>(all.begin() + 4, all.begin() + 8));
    other.sealer = proxy::fhir::page_sealer("another key");
    CHECK(status_of(other.get(next)) == 410);
}

TEST_CASE("an empty page before the end still leads on")
{
    face f;
    auto& a = f.add_source("a");
    auto& b = f.add_source("b");
    a.studies = {a_study("1.2.1", "20240101"), a_study("1.2.2", "20231201")};
    b.studies = {a_study("1.2.1", "20240301"), a_study("1.2.3", "20231101")};
    CHECK(walk(f, "ImagingStudy?started=ge2020&_count=1", 1) == std::vector<std::string>{"1.2.1", "1.2.2", "1.2.3"});
}
