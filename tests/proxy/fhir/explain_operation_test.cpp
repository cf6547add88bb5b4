#include "tests/proxy/fhir/one_source.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;

namespace {

/// The parts of `of` by a name, in order.
std::vector<json> parts_of(json const& of, std::string_view name)
{
    std::vector<json> all;
    for (auto const* const list : {"parameter", "part"})
        if (of.contains(list))
            for (auto const& one : of[list])
                if (one["name"] == name)
                    all.push_back(one);
    return all;
}

json part_of(json const& of, std::string_view name)
{
    auto const all = parts_of(of, name);
    REQUIRE(all.size() == 1);
    return all.front();
}

std::string text_of(json const& of, std::string_view name)
{
    return part_of(of, name)["valueString"];
}

int number_of(json const& of, std::string_view name)
{
    return part_of(of, name)["valueInteger"];
}

/// How many were dropped for a reason; 0: none.
int dropped_of(json const& source, std::string_view why)
{
    for (auto const& one : parts_of(source, "dropped"))
        if (text_of(one, "why") == why)
            return number_of(one, "count");
    return 0;
}

bool has(std::string const& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

struct tracing : one_source {
    tracing() { settings.fhir.explain = config::explain_offer::trace; }
};

}  // namespace

TEST_CASE("$explain tells what a search would ask, and asks nobody")
{
    one_source f;
    auto const answer = f.get("ImagingStudy/$explain?patient=SECRET-17&modality=CT&foo=1");
    REQUIRE(status_of(answer) == 200);
    CHECK(answer.content_type == "application/fhir+json; charset=utf-8");
    CHECK(f.queries() == 0);
    auto const body = body_of(answer);
    CHECK(body["resourceType"] == "Parameters");
    auto const source = part_of(body, "source");
    CHECK(text_of(source, "name") == "a");
    CHECK(text_of(source, "reach") == "keyed");
    CHECK(has(parts_of(source, "query").at(0)["valueString"], "C-FIND STUDY  PatientID (0010,0020) = <9 characters>;"));
    CHECK_FALSE(parts_of(source, "form").empty());
    CHECK_FALSE(parts_of(source, "part").empty());
    CHECK_FALSE(parts_of(source, "deeper").empty());
    CHECK(parts_of(body, "judged").size() == 2);
    CHECK(has(text_of(body, "ignored"), "the parameter foo is not known"));
    CHECK_FALSE(has(answer.body, "SECRET"));
    CHECK_FALSE(has(answer.body, "127.0.0.1"));

    f.settings.fhir.explain_values = true;
    CHECK(has(f.get("ImagingStudy/$explain?patient=SECRET-17").body, "= SECRET-17;"));
}

TEST_CASE("$explain of a later page tells where that one begins")
{
    one_source f;
    f.settings.fhir.explain_values = true;
    f.state().studies = {a_study("1.2.1", "20240310"), a_study("1.2.2", "20240110")};
    auto const page = body_of(f.get("ImagingStudy?started=ge2020&_count=1"));
    auto const next = link_of(page, "next");
    auto const token = next.substr(next.find("_page="));
    auto const text = f.get("ImagingStudy/$explain?" + token).body;
    CHECK(has(text, "StudyDate (0008,0020) = 2024"));
    CHECK(has(text, "-20240311;"));
}

TEST_CASE("$explain takes forms, says what is refused, and is text for those who want it")
{
    one_source f;
    CHECK(has(f.post_form("ImagingStudy/$explain", "patient=P1").body, "<2 characters>"));
    CHECK(has(text_of(body_of(f.get("ImagingStudy/$explain?modality=CT")), "refused"), "narrow the search by patient"));
    CHECK(status_of(f.get("ImagingStudy/$explain?started=yesterday")) == 400);
    CHECK(status_of(f.get("ImagingStudy/$explain?foo=1", strict)) == 400);

    std::vector<proxy::http::header> const wants_text{{"Accept", "text/plain"}};
    for (auto const& answer : {f.get("ImagingStudy/$explain?patient=P1", wants_text),
                               f.get("ImagingStudy/$explain?patient=P1&_format=text/plain")}) {
        CHECK(answer.content_type == "text/plain; charset=utf-8");
        CHECK(answer.body.starts_with("a (dimse): keyed\n  C-FIND STUDY  PatientID (0010,0020) = <2 characters>;"));
        CHECK_FALSE(has(answer.body, "ignored"));
    }
    auto const xml = f.get("ImagingStudy/$explain?patient=P1&_format=xml");
    CHECK(xml.content_type == "application/fhir+xml; charset=utf-8");
    CHECK(has(xml.body, "<Parameters xmlns=\"http://hl7.org/fhir\"><parameter><name value=\"source\"/><part>"));
    CHECK(status_of(f.get("ImagingStudy/$explain?patient=P1&_format=turtle")) == 406);
}

TEST_CASE("$explain is offered as far as the configuration says")
{
    one_source f;
    auto const definition = "OperationDefinition/ImagingStudy-explain";
    auto const offered = [&] {
        auto const operations = body_of(f.get("metadata"))["rest"][0]["resource"][0].value("operation", json::array());
        return operations.empty() ? std::string() : operations[0]["definition"].get<std::string>();
    };
    CHECK(offered() == f.settings.http.public_url + "/fhir/" + definition);
    auto const served = body_of(f.get(definition));
    CHECK(served["resourceType"] == "OperationDefinition");
    CHECK(served["url"] == offered());
    CHECK(served["code"] == "explain");
    CHECK(status_of(f.get("OperationDefinition/other")) == 404);
    CHECK(status_of(f.get("ImagingStudy/$explain?patient=P1&_trace=true")) == 400);
    CHECK(status_of(f.get("ImagingStudy/$explain?patient=P1&_trace=false")) == 200);
    CHECK(f.queries() == 0);

    f.settings.fhir.explain = config::explain_offer::off;
    CHECK(offered().empty());
    CHECK(status_of(f.get("ImagingStudy/$explain?patient=P1")) == 404);
    CHECK(status_of(f.get(definition)) == 404);

    f.settings.fhir.explain = config::explain_offer::trace;
    CHECK(status_of(f.get("ImagingStudy/$explain?patient=P1&_trace=perhaps")) == 400);
    CHECK(f.queries() == 0);
}

TEST_CASE("a trace makes the search and tells what was asked and what became of each row")
{
    tracing f;
    f.state().studies.push_back(a_study("1.2.3", "20240308"));
    f.state().studies.push_back(f.state().studies.front());  // the archive repeats it

    auto const answer = f.get("ImagingStudy/$explain?patient=P1&started=ge2024-03-09&_count=1&_trace=true");
    REQUIRE(status_of(answer) == 200);
    auto const trace = part_of(body_of(answer), "trace");
    CHECK(number_of(trace, "studies") == 1);
    CHECK(part_of(trace, "more")["valueBoolean"] == true);
    auto const source = part_of(trace, "source");
    CHECK(number_of(source, "studies_out") == 1);
    CHECK(dropped_of(source, "a row that was repeated") == 2);  // of the study, and of its series
    CHECK(dropped_of(source, "does not meet started") == 1);
    CHECK(dropped_of(source, "a study of another page") == 1);

    auto const finds = parts_of(source, "find");
    CHECK(static_cast<std::size_t>(number_of(source, "queries")) == f.queries());
    REQUIRE(finds.size() == f.queries());
    CHECK(text_of(finds[0], "why") == "all that may match");
    CHECK(has(text_of(finds[0], "asked"), "STUDY  PatientID (0010,0020) = <2 characters>"));
    CHECK(number_of(finds[0], "rows") == 4);
    CHECK(number_of(part_of(finds[0], "query"), "rows") == 4);
    CHECK(has(text_of(finds[1], "why"), "the series of a study"));
}

TEST_CASE("a trace shows nothing of the request, nor of a row, unless it is configured to")
{
    tracing f;
    auto const search = "ImagingStudy/$explain?patient=P1&started=ge2024-03-09&referrer.family=House&_trace=true";
    // What stands in the request and the rows of a_study, but not in the words of an explanation.
    char const* const values[] = {"P1",  "2024", "House", "Gregory", "1.2.1", "1.2.2",
                                  "Doe", "Jane", "1970",  "head",    "A1"};
    auto const masked = f.get(search);
    REQUIRE(status_of(masked) == 200);
    REQUIRE(number_of(part_of(body_of(masked), "trace"), "studies") == 2);
    for (auto const* const value : values) {
        CAPTURE(value);
        CHECK_FALSE(has(masked.body, value));
    }
    f.settings.fhir.explain_values = true;
    auto const whole = f.get(search);
    CHECK(has(whole.body, "PatientID (0010,0020) = P1"));
    CHECK(has(whole.body, "StudyInstanceUID (0020,000D) = 1.2.1"));
}

TEST_CASE("a search that fails, or may not be made, is a trace too")
{
    tracing f;
    f.state().fail_everywhere(upstream::errc::refused);
    auto const failed = part_of(body_of(f.get("ImagingStudy/$explain?patient=P1&_trace=true")), "trace");
    CHECK_FALSE(text_of(failed, "failed").empty());
    auto const source = part_of(failed, "source");
    CHECK_FALSE(text_of(source, "failed").empty());
    CHECK_FALSE(text_of(part_of(source, "find"), "error").empty());

    f.state().fails = {};
    auto const asked = f.queries();
    auto const refused = part_of(body_of(f.get("ImagingStudy/$explain?modality=CT&_trace=true")), "trace");
    CHECK(has(text_of(refused, "failed"), "narrow"));
    CHECK(f.queries() == asked);
}

TEST_CASE("what sources have in common is told at the one that came second")
{
    tracing f;
    f.add_source("b").studies = {a_study("1.2.1")};
    auto const trace = part_of(body_of(f.get("ImagingStudy/$explain?patient=P1&_trace=true")), "trace");
    CHECK(number_of(trace, "studies") == 2);
    auto const sources = parts_of(trace, "source");
    REQUIRE(sources.size() == 2);
    CHECK(number_of(sources[0], "studies_out") == 2);
    CHECK(number_of(sources[1], "studies_out") == 0);
    CHECK(dropped_of(sources[1], "a study that another source holds too") == 1);
}
