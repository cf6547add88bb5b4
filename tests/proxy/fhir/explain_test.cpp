#include "proxy/fhir/explain.hpp"

#include "mapping/errc.hpp"
#include "tests/support/fhir_tree.hpp"

#include <doctest/doctest.h>

using namespace pons;
using proxy::fhir::explain;

namespace {

config::settings two_sources()
{
    config::settings settings;
    auto& pacs = settings.sources.emplace_back();
    pacs.name = "pacs";
    pacs.host = "pacs.invalid";
    pacs.port = 104;
    pacs.issuer.system = "urn:oid:1";
    auto& web = settings.sources.emplace_back();
    web.name = "web";
    web.kind = config::source_kind::dicomweb;
    web.url = "http://web.invalid:8042/dicom-web";
    web.issuer.system = "urn:oid:1";
    return settings;
}

std::string text_of(std::string_view request)
{
    auto const e = explain(two_sources(), request);
    REQUIRE(e);
    return to_text(*e);
}

bool has(std::string const& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("explain shows the queries of each source without asking any")
{
    auto const text = text_of("ImagingStudy?patient=P1&modality=CT&foo=1");
    CHECK(has(text, "pacs (dimse): keyed"));
    CHECK(has(text, "C-FIND STUDY  PatientID (0010,0020) = P1"));
    CHECK(has(text, "web (dicomweb): keyed"));
    CHECK(has(text, "GET http://web.invalid:8042/dicom-web/studies?"));
    CHECK(has(text, "PatientID=P1"));
    CHECK(has(text, "which studies of the page it holds too"));
    CHECK(has(text, "judged here: patient, at study level"));
    CHECK(has(text, "judged here: modality, at series level"));
    CHECK(has(text, "ignored: the parameter foo is not known here and was ignored"));
    CHECK_FALSE(has(text, "refused"));
}

TEST_CASE("explain says what a search would come to")
{
    struct {
        char const* request;
        char const* part;
    } const cases[] = {
        {"ImagingStudy?modality=CT", "refused: narrow the search by patient"},
        {"https://x.example.org/fhir/ImagingStudy?modality=CT", "refused: narrow"},
        {"Patient/P1/ImagingStudy?modality=CT", "PatientID (0010,0020) = P1"},
        {"/fhir/Patient/P1/ImagingStudy", "PatientID=P1"},
        {"ImagingStudy?started=ge2024-01-01", "dated"},
        {"ImagingStudy?started=ge2024-01-01", "growing and halving"},
        {"ImagingStudy?started=2024-01-10&_total=accurate", "StudyDate (0008,0020) = 2024"},
        {"ImagingStudy?started=2024-01-10&_total=accurate", "all matches are looked at"},
        {"ImagingStudy?started=2024-01-10&_sort=_id", "all matches are looked at"},
        {"ImagingStudy?patient=P1&endpoint=web-wado-rs", "pacs (dimse): not asked"},
        {"ImagingStudy?_id=x", "nobody is asked"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.request);
        auto const text = text_of(c.request);
        CAPTURE(text);
        CHECK(has(text, c.part));
    }
}

TEST_CASE("what cannot be explained is told")
{
    struct {
        char const* request;
        mapping::errc code;
    } const cases[] = {{"", mapping::errc::invalid_value},
                       {"Endpoint?_id=1", mapping::errc::invalid_value},
                       {"ImagingStudy/1.2.3", mapping::errc::invalid_value},
                       {"ImagingStudy?_page=abc", mapping::errc::invalid_value},
                       {"ImagingStudy?status:exact=x", mapping::errc::unsupported_modifier},
                       {"ImagingStudy?started=yesterday", mapping::errc::invalid_value}};
    for (auto const& c : cases) {
        CAPTURE(c.request);
        auto const e = explain(two_sources(), c.request);
        REQUIRE_FALSE(e);
        CHECK(e.error().code == c.code);
    }
}

TEST_CASE("an explanation is JSON for programs")
{
    for (auto const* request :
         {"ImagingStudy?patient=a\"b\\\\c&x=1", "ImagingStudy?modality=CT", "ImagingStudy?_id=x"}) {
        CAPTURE(request);
        auto const e = explain(two_sources(), request);
        REQUIRE(e);
        auto const parsed = test::json::parse(to_json(*e));
        CHECK(parsed.contains("refusal") == !e->refusal.empty());
        CHECK(parsed["sources"].size() == 2);
        CHECK(parsed["sources"][0]["source"] == "pacs");
        CHECK(parsed["sources"][1]["kind"] == "dicomweb");
        CHECK(parsed["sources"][0]["queries"].size() == e->sources[0].queries.size());
        CHECK(parsed["judged"].size() == e->judged.size());
        CHECK(parsed["ignored"].size() == e->ignored.size());
    }
}

TEST_CASE("explain shows what is asked in a second try, and for whose sake")
{
    auto settings = two_sources();
    settings.sources[0].quirks.universal = config::universal_matching::star;
    settings.sources[1].quirks.name_matching = config::name_matching::insensitive;
    auto const text = [&](std::string_view request) {
        auto const e = explain(settings, request);
        REQUIRE(e);
        return to_text(*e);
    };
    auto const marked = text("ImagingStudy?patient=a%7Cb");
    CHECK(has(marked, "attributes, each by *"));
    CHECK(has(marked, "GET http://web.invalid:8042/dicom-web/studies?PatientID=a%7Cb&"));
    CHECK(has(marked, "where that finds nothing: GET http://web.invalid:8042/dicom-web/studies?PatientID=a?b&"));
    CHECK_FALSE(has(text("ImagingStudy?patient=a*b"), "GET http://web.invalid:8042/dicom-web/studies?PatientID=a?b"));

    // Only one of the two may be asked by name.
    settings.sources.erase(settings.sources.begin());
    auto const named = text("ImagingStudy?patient.name=Kohler");
    CHECK_FALSE(has(named, "refused"));
    CHECK(has(named, "PatientName=*k*hl*r*"));
    CHECK(has(named, "names with rarer accents may be missing"));
    settings.fhir.allow_unbounded = true;
    CHECK_FALSE(has(text("ImagingStudy?patient.name=Kohler"), "PatientName="));
    settings.fhir.allow_unbounded = false;
    settings.sources[0].quirks.name_matching = config::name_matching::unknown;
    CHECK(has(text("ImagingStudy?patient.name=Kohler"), "refused"));
}
