// Which of several sources are asked, which of them comes first, and what becomes of one that fails late.
#include "proxy/fhir/explain.hpp"
#include "tests/proxy/fhir/face.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;
using namespace std::chrono_literals;

namespace {

using names = std::vector<std::string>;
using mapping::level;
using upstream::errc;

/// 1.2.1 is held by both, at b a day later; 1.2.2 by a only, 1.2.3 by b only.
struct two_sources : face {
    two_sources()
    {
        a.studies = {a_study("1.2.1", "20240303"), a_study("1.2.2", "20240302")};
        b.studies = {a_study("1.2.1", "20240304"), a_study("1.2.3", "20240301")};
    }
    fixed_state& a = add_source("a", "urn:oid:1");
    fixed_state& b = add_source("b", "urn:oid:1");
};

names endpoints_of(json const& study)
{
    names all;
    for (auto const& endpoint : study["endpoint"])
        if (auto const name = endpoint["reference"].get<std::string>(); name.ends_with("-wado-rs"))
            all.push_back(name);
    return all;
}

json first_of(json const& bundle)
{
    return bundle["entry"][0]["resource"];
}

}  // namespace

TEST_CASE("the first source whose record matches is the one that is shown, wherever the study stands in the order")
{
    for (auto const* query :
         {"_id=1.2.1", "started=ge2024", "patient=P1&_sort=started", "patient=P1&_total=accurate"}) {
        CAPTURE(query);
        two_sources f;
        auto const bundle = body_of(f.get(std::string("ImagingStudy?") + query));
        for (auto const& entry : bundle["entry"])
            if (entry["resource"]["id"] == "1.2.1") {
                CHECK(entry["resource"]["started"] == "2024-03-03");
                CHECK(endpoints_of(entry["resource"]) == names{"Endpoint/a-wado-rs", "Endpoint/b-wado-rs"});
            }
    }
    // What matches at the second only is shown as the second has it.
    two_sources f;
    auto const second = body_of(f.get("ImagingStudy?started=2024-03-04"));
    CHECK(ids_of(second) == names{"1.2.1"});
    CHECK(first_of(second)["started"] == "2024-03-04");
    CHECK(endpoints_of(first_of(second)) == names{"Endpoint/b-wado-rs", "Endpoint/a-wado-rs"});
}

TEST_CASE("a study whose sources place it apart is on one page, as the first source has it")
{
    two_sources f;
    f.a.studies.push_back(a_study("1.2.5", "20240310"));
    f.b.studies = {a_study("1.2.1", "20240315"), a_study("1.2.3", "20240314"), a_study("1.2.4", "20240313")};
    names ids;
    std::string next = "ImagingStudy?started=ge2024-03&_count=1";
    while (!next.empty()) {
        auto const page = body_of(f.get(next));
        for (auto const& id : ids_of(page)) {
            ids.push_back(id);
            if (id == "1.2.1")
                CHECK(first_of(page)["started"] == "2024-03-03");
        }
        next = link_of(page, "next");
    }
    CHECK(ids == names{"1.2.1", "1.2.3", "1.2.4", "1.2.5", "1.2.2"});
}

TEST_CASE("holders that tell of different patients: the first in order is shown, with a warning")
{
    two_sources f;
    f.b.studies.front() = a_study("1.2.1", "20240304", "P7");
    auto const bundle = body_of(f.get("ImagingStudy?started=ge2024"));
    CHECK(ids_of(bundle).front() == "1.2.1");
    CHECK(first_of(bundle)["subject"]["reference"] == "Patient/P1");
    CHECK(issues_of(bundle) ==
          "invalid: source b holds a study under the same Study Instance UID as source a, but of another patient; "
          "the two were not merged\n");
    auto const other = body_of(f.get("ImagingStudy?patient=P7"));
    CHECK(first_of(other)["subject"]["reference"] == "Patient/P7");
    CHECK(issues_of(other).find("source a holds a study under the same Study Instance UID as source b") !=
          std::string::npos);
}

TEST_CASE("a source that by a route holds nothing of what is searched for is not asked")
{
    struct {
        char const* query;
        bool asks_a;
        bool asks_b;
    } const cases[] = {
        {"patient=P1&modality=CT", false, true},
        {"patient=P1&modality=http://dicom.nema.org/resources/ontology/DCM%7CCT", false, true},
        {"patient=P1&modality=CT,MR", true, true},
        {"patient=P1&modality:not=CT", true, true},
        {"patient=P1&modality:missing=false", true, true},
        {"patient=P1", true, true},
        {"patient.identifier=urn:oid:9%7CP1", true, false},
        {"patient.identifier=urn:oid:9%7CP1,P1", true, true},
        {"patient:identifier=urn:oid:9%7CP1", true, false},
        {"patient=P1&modality=CT&endpoint=Endpoint/b-wado-rs", false, true},
        {"patient=P1&modality=CT&endpoint=Endpoint/a-wado-rs", true, false},  // the two leave nobody
        {"patient.identifier=urn:oid:9%7CP1&modality=CT", true, true},        // nor do these
    };
    for (auto const& c : cases) {
        CAPTURE(c.query);
        two_sources f;
        f.settings.federation.routes = {{.name = "ct", .issuer = {}, .modality = {"CT", "PT"}, .sources = {"b"}},
                                        {.name = "nine", .issuer = {"urn:oid:9"}, .modality = {}, .sources = {"a"}}};
        auto const answer = f.get(std::string("ImagingStudy?") + c.query);
        CHECK(status_of(answer) == 200);
        CHECK(f.a.requests.empty() != c.asks_a);
        CHECK(f.b.requests.empty() != c.asks_b);
    }
}

TEST_CASE("a source that is not asked may be down")
{
    two_sources f;
    f.settings.federation.partial = config::partial_federation::refuse;
    f.settings.federation.routes = {{.name = "ct", .issuer = {}, .modality = {"CT"}, .sources = {"b"}}};
    f.a.fail_everywhere(errc::unreachable);
    auto const bundle = body_of(f.get("ImagingStudy?patient=P1&modality=CT"));
    CHECK(ids_of(bundle) == names{"1.2.1", "1.2.3"});
    CHECK(bundle["total"] == 2);
    CHECK(issues_of(bundle).empty());
    CHECK(status_of(f.get("ImagingStudy?patient=P1&modality=MR")) == 503);
}

TEST_CASE("explain names the routes by which sources are not asked")
{
    two_sources f;
    f.settings.federation.routes = {{.name = "ct", .issuer = {}, .modality = {"CT"}, .sources = {"b"}},
                                    {.name = "nine", .issuer = {"urn:oid:9"}, .modality = {}, .sources = {"a"}}};
    auto const text = [&](std::string_view query) {
        auto const e = proxy::fhir::explain(f.settings, query);
        REQUIRE(e);
        return to_text(*e);
    };
    auto const has = [](std::string const& all, std::string_view part) { return all.find(part) != std::string::npos; };
    CHECK(has(text("ImagingStudy?patient=P1&modality=CT"),
              "a (dimse): not asked\n  - by the route ct it holds no such study\n"));
    CHECK_FALSE(has(text("ImagingStudy?patient=P1&modality=CT,MR"), ": not asked"));
    auto const both = text("ImagingStudy?patient.identifier=urn:oid:9%7CP1&modality=CT");
    CHECK_FALSE(has(both, ": not asked"));
    CHECK(has(both, "by the routes ct, nine no source holds such a study; they are not followed"));
}

TEST_CASE("a source that fails after it has answered is missing in all of the answer")
{
    for (auto const at : {level::series, level::instance}) {
        CAPTURE(static_cast<int>(at));
        two_sources f;
        f.settings.fhir.search_depth = config::search_depth::instance;
        f.b.fails[static_cast<std::size_t>(at)] =
            failure{make_error_code(errc::aborted), "source", std::chrono::seconds(3)};
        auto const bundle = body_of(f.get("ImagingStudy?patient=P1"));
        CHECK(ids_of(bundle) == names{"1.2.1", "1.2.2"});
        CHECK(first_of(bundle)["series"].size() == 1);
        CHECK_FALSE(bundle.contains("total"));
        CHECK(issues_of(bundle).starts_with("incomplete: source b: "));
        CHECK(status_of(f.get("ImagingStudy?_id=1.2.3")) == 503);
        CHECK(status_of(f.get("ImagingStudy/1.2.1")) == 200);  // of its series b is not asked
        CHECK(status_of(f.get("ImagingStudy/1.2.3")) == 503);

        f.a.fails = f.b.fails;
        CHECK(status_of(f.get("ImagingStudy?patient=P1")) == 502);
        f.a.fails.fill({});
        f.settings.federation.partial = config::partial_federation::refuse;
        CHECK(status_of(f.get("ImagingStudy?patient=P1")) == 503);
    }
}

TEST_CASE("a source has its own time, however much the search has")
{
    two_sources f;
    f.settings.sources.back().timeouts.search = 20ms;
    f.b.silent = true;
    f.time = 1h;
    auto const bundle = body_of(f.get("ImagingStudy?patient=P1"));
    CHECK(ids_of(bundle) == names{"1.2.1", "1.2.2"});
    CHECK(issues_of(bundle).starts_with("incomplete: source b: the archive did not answer in time"));
    // Alone it has all of it.
    f.settings.federation.routes = {{.name = "ct", .issuer = {}, .modality = {"CT"}, .sources = {"b"}}};
    f.time = 60ms;
    auto const begun = clock::now();
    CHECK(status_of(f.get("ImagingStudy?patient=P1&modality=CT")) == 504);
    CHECK(clock::now() - begun >= 60ms);
}
