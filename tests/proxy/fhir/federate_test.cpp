#include "tests/proxy/fhir/face.hpp"

#include <doctest/doctest.h>

#include <set>
#include <sstream>

using namespace pons;
using namespace pons::test;

namespace {

using upstream::errc;

/// 1.2.1 is held by both, 1.2.2 by a only, 1.2.3 by b only.
struct two_sources : face {
    two_sources()
    {
        a.studies = {a_study("1.2.1", "20240303"), a_study("1.2.2", "20240302")};
        b.studies = {a_study("1.2.1", "20240303"), a_study("1.2.3", "20240301")};
    }
    fixed_state& a = add_source("a");
    fixed_state& b = add_source("b");
};

std::vector<std::string> endpoints_of(json const& study)
{
    std::vector<std::string> all;
    for (auto const& endpoint : study["endpoint"])
        all.push_back(endpoint["reference"]);
    return all;
}

using names = std::vector<std::string>;

}  // namespace

TEST_CASE("a study that two sources hold is one, with the Endpoints of both")
{
    two_sources f;
    auto const bundle = body_of(f.get("ImagingStudy?patient=P1&_include=ImagingStudy:endpoint"));
    CHECK(ids_of(bundle) == names{"1.2.1", "1.2.2", "1.2.3"});
    CHECK(bundle["total"] == 3);
    CHECK(endpoints_of(bundle["entry"][0]["resource"]) ==
          names{"Endpoint/a-wado-rs", "Endpoint/a-ihe-iid", "Endpoint/b-wado-rs", "Endpoint/b-ihe-iid"});
    CHECK(endpoints_of(bundle["entry"][1]["resource"]) == names{"Endpoint/a-wado-rs", "Endpoint/a-ihe-iid"});
    CHECK(endpoints_of(bundle["entry"][2]["resource"]) == names{"Endpoint/b-wado-rs", "Endpoint/b-ihe-iid"});
    CHECK(ids_of(bundle, "include") == names{"a-wado-rs", "a-ihe-iid", "b-wado-rs", "b-ihe-iid"});
    CHECK(issues_of(bundle).empty());
}

TEST_CASE("a holder whose own record does not match still adds its Endpoint")
{
    two_sources f;
    f.b.studies.front().attributes = a_study("1.2.1", "20200101").attributes;
    auto const bundle = body_of(f.get("ImagingStudy?started=ge2024-03-03"));
    CHECK(ids_of(bundle) == names{"1.2.1"});
    CHECK(endpoints_of(bundle["entry"][0]["resource"]) ==
          names{"Endpoint/a-wado-rs", "Endpoint/a-ihe-iid", "Endpoint/b-wado-rs", "Endpoint/b-ihe-iid"});
    // The other way round the record that matched is shown.
    auto const other = body_of(f.get("ImagingStudy?started=lt2021"));
    CHECK(ids_of(other) == names{"1.2.1"});
    CHECK(other["entry"][0]["resource"]["started"] == "2020-01-01");
    CHECK(endpoints_of(other["entry"][0]["resource"]) ==
          names{"Endpoint/b-wado-rs", "Endpoint/b-ihe-iid", "Endpoint/a-wado-rs", "Endpoint/a-ihe-iid"});
}

TEST_CASE("endpoint chooses the sources that are asked")
{
    two_sources f;
    auto const bundle = body_of(f.get("ImagingStudy?patient=P1&endpoint=Endpoint/b-wado-rs"));
    CHECK(ids_of(bundle) == names{"1.2.1", "1.2.3"});
    CHECK(f.a.requests.empty());
    f.a.fail_everywhere(errc::unreachable);
    CHECK(status_of(f.get("ImagingStudy?patient=P1&endpoint=b-wado-rs")) == 200);
    CHECK(status_of(f.get("ImagingStudy?patient=P1&endpoint=a-wado-rs")) == 503);
    CHECK(ids_of(body_of(f.get("ImagingStudy?patient=P1&endpoint=b-wado-rs,a-wado-rs"))).size() == 2);
}

TEST_CASE("one source down: told when others matched, 503 when not")
{
    two_sources f;
    struct {
        errc code;
        char const* text;
    } const faults[] = {{errc::unreachable, "the archive cannot be reached"},
                        {errc::refused, "the archive answered with a failure"},
                        {errc::too_broad, "the archive would have to answer too much"},
                        {errc::timed_out, "the archive did not answer in time"}};
    for (auto const& fault : faults) {
        CAPTURE(fault.text);
        f.b.fail_everywhere(fault.code, std::chrono::seconds(21));
        auto const some = f.get("ImagingStudy?patient=P1");
        CHECK(status_of(some) == 200);
        auto const bundle = body_of(some);
        CHECK(ids_of(bundle) == names{"1.2.1", "1.2.2"});
        CHECK_FALSE(bundle.contains("total"));
        CHECK(issues_of(bundle) == "incomplete: source b: " + std::string(fault.text) + "\n");

        for (auto const* query : {"patient=P9", "patient=P9&_summary=count", "_id=1.2.3", "started=lt2024"}) {
            CAPTURE(query);
            auto const none = f.get(std::string("ImagingStudy?") + query);
            CHECK(status_of(none) == 503);
            CHECK(header_of(none, "Retry-After") == "21");
            CHECK(issues_of(body_of(none)) == "incomplete: source b: " + std::string(fault.text) +
                                                  ": without this source the answer could lack studies\n");
        }
        auto const counted = body_of(f.get("ImagingStudy?patient=P1&_summary=count"));
        CHECK_FALSE(counted.contains("total"));
        CHECK(issues_of(counted).starts_with("incomplete: "));
    }
}

TEST_CASE("a page without matches while a source is down is no end of the list")
{
    two_sources f;
    auto const first = body_of(f.get("ImagingStudy?started=ge2024&_count=2"));
    CHECK(ids_of(first) == names{"1.2.1", "1.2.2"});
    f.b.fail_everywhere(errc::unreachable);
    CHECK(status_of(f.get(link_of(first, "next"))) == 503);
    f.b.fails.fill({});
    CHECK(ids_of(body_of(f.get(link_of(first, "next")))) == names{"1.2.3"});
}

TEST_CASE("all sources down is the failure of the first")
{
    two_sources f;
    f.a.fail_everywhere(errc::timed_out);
    f.b.fail_everywhere(errc::unreachable);
    CHECK(status_of(f.get("ImagingStudy?patient=P1")) == 504);
    f.a.fail_everywhere(errc::refused);
    CHECK(status_of(f.get("ImagingStudy?patient=P1")) == 502);
}

TEST_CASE("a source that is silent does not cost the answer of the others")
{
    two_sources f;
    f.b.silent = true;
    f.time = std::chrono::milliseconds(200);
    auto const answer = f.get("ImagingStudy?patient=P1&_elements=description");
    CHECK(status_of(answer) == 200);
    CHECK(ids_of(body_of(answer)) == names{"1.2.1", "1.2.2"});
    CHECK(issues_of(body_of(answer)).find("incomplete: source b: the archive did not answer in time") == 0);
}

TEST_CASE("a source that cannot say what it holds is told")
{
    two_sources f;
    f.b.fails_by_uid = failure{make_error_code(errc::refused), "source", {}};
    auto const bundle = body_of(f.get("ImagingStudy?patient=P1"));
    CHECK(ids_of(bundle) == names{"1.2.1", "1.2.2", "1.2.3"});
    CHECK(issues_of(bundle) == "incomplete: source b could not be asked which of these studies it holds too\n");
}

TEST_CASE("one UID with two patients is not merged, and told")
{
    two_sources f;
    f.b.studies.front() = a_study("1.2.1", "20240303", "P7");
    for (auto const* query : {"started=ge2024", "_id=1.2.1,1.2.2,1.2.3"}) {
        auto const bundle = body_of(f.get(std::string("ImagingStudy?") + query));
        CHECK(ids_of(bundle) == names{"1.2.1", "1.2.2", "1.2.3"});
        CHECK(endpoints_of(bundle["entry"][0]["resource"]) == names{"Endpoint/a-wado-rs", "Endpoint/a-ihe-iid"});
        CHECK(bundle["entry"][0]["resource"]["subject"]["reference"] == "Patient/P1");
        CHECK(bundle["total"] == 3);
        CHECK(issues_of(bundle) ==
              "invalid: source b holds a study under the same Study Instance UID as source a, but of another patient; "
              "the two were not merged\n");
    }
    auto const read = f.get("ImagingStudy/1.2.1");
    CHECK(status_of(read) == 200);
    CHECK(header_of(read, "Warning").find("299 pons \"source b holds a study") == 0);
    CHECK(read.body.find("P7") == std::string::npos);
}

TEST_CASE("of three holders those are merged that agree on the patient, each with each")
{
    two_sources f;
    auto& c = f.add_source("c");
    f.a.studies.front() = a_study("1.2.1", "20240303", "");
    c.studies = {a_study("1.2.1", "20240303", "P7")};
    auto const bundle = body_of(f.get("ImagingStudy?started=ge2024-03-03"));
    CHECK(endpoints_of(bundle["entry"][0]["resource"]) ==
          names{"Endpoint/a-wado-rs", "Endpoint/a-ihe-iid", "Endpoint/b-wado-rs", "Endpoint/b-ihe-iid"});
    CHECK(issues_of(bundle) ==
          "invalid: source c holds a study under the same Study Instance UID as source b, but of another patient; "
          "the two were not merged\n");
}

TEST_CASE("holders are merged as far as they say who the patient is")
{
    namespace tags = mapping::tags;
    struct {
        char const* name;
        char const* id;
        char const* issuer;
        bool merged;
    } const cases[] = {
        {"the same", "P1", "", true},
        {"another id", "P2", "", false},
        {"no id", "", "", true},
        {"a local issuer, which cannot be compared with a system", "P1", "HOSP_B", true},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        two_sources f;
        mapping::data_set study;
        study.add(tags::StudyInstanceUID, "1.2.1");
        study.add(tags::StudyDate, "20240303");
        study.add(tags::PatientID, c.id);
        if (*c.issuer)
            study.add(tags::IssuerOfPatientID, c.issuer);
        f.b.studies.front().attributes = study;
        auto const bundle = body_of(f.get("ImagingStudy?started=ge2024"));
        CHECK(endpoints_of(bundle["entry"][0]["resource"]).size() == (c.merged ? 4 : 2));
    }
}

TEST_CASE("a bare patient id needs one issuer")
{
    face f;
    f.add_source("a", "urn:oid:1").studies = {a_study("1.2.1")};
    f.add_source("b", "urn:oid:2").studies = {a_study("1.2.2")};
    for (auto const* query : {"patient=P1", "subject=Patient/P1", "subject:Patient=P1", "patient:Patient=P1"}) {
        CAPTURE(query);
        auto const answer = f.get(std::string("ImagingStudy?") + query);
        CHECK(status_of(answer) == 400);
        CHECK(issues_of(body_of(answer)) ==
              "multiple-matches: patient, asked of sources that do not share an issuer: this patient id is used by "
              "several issuers; search by patient.identifier=system|value\n");
    }
    CHECK(status_of(f.get("Patient/P1/ImagingStudy")) == 400);
    CHECK(f.queries() == 0);
    CHECK(ids_of(body_of(f.get("ImagingStudy?patient.identifier=urn:oid:2%7CP1"))) == names{"1.2.2"});
    CHECK(ids_of(body_of(f.get("ImagingStudy?patient:identifier=urn:oid:1%7CP1"))) == names{"1.2.1"});
    CHECK(ids_of(body_of(f.get("ImagingStudy?patient=P1&endpoint=a-wado-rs"))) == names{"1.2.1"});
    // These stand for nobody here.
    CHECK(status_of(f.get("ImagingStudy?patient=http://elsewhere.example.org/Patient/P1")) == 200);
    CHECK(status_of(f.get("ImagingStudy?subject=Device/P1")) == 200);
}

TEST_CASE("sources without an issuer cannot be asked for a bare patient id together")
{
    face f;
    f.add_source("a", "");
    f.add_source("b", "");
    CHECK(status_of(f.get("ImagingStudy?patient=P1")) == 400);
}

TEST_CASE("a patient id that two issuers use is refused, on whichever page they would stand")
{
    face f;
    auto& state = f.add_source("a");
    for (auto const& [uid, date, issuer] : std::initializer_list<std::tuple<char const*, char const*, char const*>>{
             {"1.2.1", "20240303", "X"}, {"1.2.2", "20240302", "X"}, {"1.2.3", "20240301", "Y"}}) {
        auto study = a_study(uid, date);
        study.attributes.add(mapping::tags::IssuerOfPatientID, issuer);
        state.studies.push_back(std::move(study));
    }
    for (auto const* query :
         {"patient=P1", "patient=P1&_count=1", "patient=P1&_count=2&_sort=-started", "patient=P1&_summary=count"}) {
        CAPTURE(query);
        auto const answer = f.get(std::string("ImagingStudy?") + query);
        CHECK(status_of(answer) == 400);
        CHECK(body_of(answer)["issue"][0]["code"] == "multiple-matches");
    }
    f.settings.sources.front().issuer.namespace_id = "X";  // then the id is that of X
    f.start();
    CHECK(ids_of(body_of(f.get("ImagingStudy?patient=P1&_count=5"))) == names{"1.2.1", "1.2.2"});
}

TEST_CASE("remarks of several sources are told once each")
{
    two_sources f;
    f.a.truncates = f.b.truncates = true;
    auto const issues = issues_of(body_of(f.get("ImagingStudy?patient=P1&_elements=description")));
    CHECK(issues.find("incomplete: source a: ") != std::string::npos);
    CHECK(issues.find("incomplete: source b: ") != std::string::npos);
    std::istringstream lines(issues);
    std::set<std::string> seen;
    for (std::string line; std::getline(lines, line);)
        CHECK(seen.insert(line).second);
}
