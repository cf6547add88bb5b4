#include "tests/proxy/fhir/face.hpp"
#include "upstream/crosswalk/errc.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

using namespace pons;
using namespace pons::test;
using upstream::crosswalk_errc;
namespace tags = mapping::tags;

namespace {

std::string const a = "urn:oid:1";
std::string const b = "urn:oid:2";

/// Knows whom it is told.
struct told_crosswalk final : upstream::crosswalk {
    std::map<std::string, std::vector<mapping::search::issued_id>> patients;
    std::optional<failure> fails;
    std::vector<std::string> asked;

    awaitable<result<upstream::known_patient>> resolve(std::string id, time_point) override
    {
        asked.push_back(id);
        if (fails)
            co_return tl::unexpected(*fails);
        auto const at = patients.find(id);
        if (at == patients.end())
            co_return fail(crosswalk_errc::unknown_patient, "patient");
        upstream::known_patient found{.ids = at->second};
        co_return found;
    }
    awaitable<result<void>> verify(time_point) override { co_return result<void>(); }
};

/// Two archives of two issuers. 123 is P1 and, of old, P2 at the first, P7 at the second, where P1 is somebody else.
struct two_hospitals : face {
    std::shared_ptr<told_crosswalk> known = std::make_shared<told_crosswalk>();
    fixed_state& first = add_source("first", a);
    fixed_state& second = add_source("second", b);

    two_hospitals()
    {
        settings.crosswalk.kind = config::crosswalk_kind::fhir;
        settings.crosswalk.base = "https://ehr.example/fhir";
        crosswalk = known;
        known->patients["123"] = {{a, "P1"}, {a, "P2"}, {b, "P7"}, {"urn:oid:9", "P9"}};
        known->patients["200"] = {{a, "P3"}};
        known->patients["300"] = {{"urn:oid:9", "P9"}};
        first.studies = {a_study("1.1", "20240101", "P1"), a_study("1.2", "20240102", "P2"),
                         a_study("1.3", "20240103", "P3"), a_study("1.9", "20240109", "P9")};
        second.studies = {a_study("2.1", "20240201", "P1"), a_study("2.7", "20240207", "P7")};
    }

    std::vector<std::string> found(std::string const& query)
    {
        auto const answer = get("ImagingStudy?" + query);
        CAPTURE(query);
        CAPTURE(answer.body);
        REQUIRE(status_of(answer) == 200);
        auto ids = ids_of(body_of(answer));
        std::ranges::sort(ids);
        return ids;
    }

    /// The Patient IDs that a source was asked for.
    static std::set<std::string> ids_asked(fixed_state const& state)
    {
        std::set<std::string> ids;
        for (auto const& request : state.requests)
            for (auto const& key : request.keys)
                if (key.attribute == tags::PatientID)
                    ids.insert(key.values.begin(), key.values.end());
        return ids;
    }
};

using uids = std::vector<std::string>;

std::set<std::string> references_of(json const& bundle)
{
    std::set<std::string> all;
    for (auto const& entry : bundle["entry"])
        if (entry["search"]["mode"] == "match")
            all.insert(entry["resource"]["subject"].value("reference", "none"));
    return all;
}

}  // namespace

TEST_CASE("a reference stands for every id, each at the source that issued it")
{
    two_hospitals t;
    for (std::string const query :
         {"patient=123", "patient=Patient/123", "subject=123", "subject:Patient=123",
          "patient=https://ehr.example/fhir/Patient/123", "patient=http://127.0.0.1:8080/fhir/Patient/123",
          "patient=123&subject=Patient/123", "patient=https://ehr.example/fhir/Patient/123/_history/4"})
        CHECK(t.found(query) == uids{"1.1", "1.2", "2.7"});
    CHECK(t.ids_asked(t.first) == std::set<std::string>{"P1", "P2"});
    CHECK(t.ids_asked(t.second) == std::set<std::string>{"P7"});
    CHECK(std::ranges::all_of(t.known->asked, [](auto const& id) { return id == "123"; }));
    CHECK(t.found("patient=123,200") == uids{"1.1", "1.2", "1.3", "2.7"});
    CHECK(t.found("patient=200") == uids{"1.3"});
    CHECK(t.found("patient=123&patient=200") == uids{});
    CHECK(t.found("patient=123&started=ge2024-02") == uids{"2.7"});
    auto const compartment = t.get("Patient/123/ImagingStudy");
    CHECK(ids_of(body_of(compartment)).size() == 3);
}

TEST_CASE("the requester's own reference comes back, on every page")
{
    two_hospitals t;
    CHECK(references_of(body_of(t.get("ImagingStudy?patient=123"))) == std::set<std::string>{"Patient/123"});
    CHECK(references_of(body_of(t.get("ImagingStudy?patient=https://ehr.example/fhir/Patient/123/_history/4"))) ==
          std::set<std::string>{"https://ehr.example/fhir/Patient/123"});
    CHECK(references_of(body_of(t.get("ImagingStudy?patient=200,123"))) ==
          std::set<std::string>{"Patient/123", "Patient/200"});
    auto page = body_of(t.get("ImagingStudy?patient=Patient/123&_count=1"));
    CHECK(link_of(page, "self").find("patient=Patient/123") != std::string::npos);
    std::vector<std::string> seen;
    for (int i = 0; i < 3; ++i) {
        CHECK(references_of(page) == std::set<std::string>{"Patient/123"});
        CHECK(page["entry"][0]["resource"]["subject"]["identifier"].contains("value"));
        seen.push_back(ids_of(page).at(0));
        auto const next = link_of(page, "next");
        CHECK(next.empty() == (i == 2));
        if (!next.empty())
            page = body_of(t.get(next));
    }
    CHECK(seen == uids{"2.7", "1.2", "1.1"});
}

TEST_CASE("a Patient ID is no Patient reference where there is a crosswalk")
{
    two_hospitals t;
    auto const by_id = body_of(t.get("ImagingStudy?patient.identifier=urn:oid:1|P1"));
    CHECK(ids_of(by_id) == uids{"1.1"});
    CHECK(references_of(by_id) == std::set<std::string>{"none"});
    CHECK_FALSE(body_of(t.get("ImagingStudy/1.1"))["subject"].contains("reference"));
    CHECK(t.found("patient:identifier=P9") == uids{"1.9"});
    CHECK(t.known->asked.empty());
    CHECK(t.found("patient=P1") == uids{});  // the EHR has no Patient/P1
}

TEST_CASE("a study under both numbers is one, with both holders")
{
    two_hospitals t;
    t.second.studies.push_back(a_study("1.1", "20240101", "P7"));
    auto const bundle = body_of(t.get("ImagingStudy?patient=123"));
    CHECK(ids_of(bundle) == uids{"2.7", "1.2", "1.1"});
    CHECK(issues_of(bundle).empty());
    CHECK(bundle["entry"][2]["resource"]["endpoint"].size() == 4);
    // Not when it is a third person's there.
    t.second.studies.back() = a_study("1.1", "20240101", "P8");
    auto const other = body_of(t.get("ImagingStudy?patient=123"));
    CHECK(issues_of(other).find("of another patient") != std::string::npos);
}

TEST_CASE("the same number at both hospitals may be one person's")
{
    two_hospitals t;
    t.known->patients["4"] = {{a, "P1"}, {b, "P1"}};
    t.first.studies[0].attributes.add(tags::IssuerOfPatientID, "HOSP_A");
    t.second.studies[0].attributes.add(tags::IssuerOfPatientID, "HOSP_B");
    CHECK(t.found("patient=4") == uids{"1.1", "2.1"});
}

TEST_CASE("one number of two issuers at one archive is ambiguous unless the archive's own is known")
{
    two_hospitals t;
    t.first.studies[0].attributes.add(tags::IssuerOfPatientID, "HOSP_A");
    auto other = a_study("1.7", "20240107", "P1");
    other.attributes.add(tags::IssuerOfPatientID, "HOSP_X");
    t.first.studies.push_back(other);
    CHECK(status_of(t.get("ImagingStudy?patient=123")) == 400);
    t.settings.sources[0].issuer.namespace_id = "HOSP_A";
    t.start();
    CHECK(t.found("patient=123") == uids{"1.1", "1.2", "2.7"});
}

TEST_CASE("whom the crosswalk does not know")
{
    two_hospitals t;
    for (std::string const query : {"patient=999", "patient=Patient/..", "patient=a%20b", "patient=999&_summary=count",
                                    "patient=999&_total=accurate"}) {
        CAPTURE(query);
        auto const answer = t.get("ImagingStudy?" + query);
        REQUIRE(status_of(answer) == 200);
        auto const bundle = body_of(answer);
        CHECK(ids_of(bundle).empty());
        CHECK_FALSE(bundle.contains("total"));  // none found is not none there
        CHECK(issues_of(bundle).find("does not know a patient") != std::string::npos);
    }
    CHECK(t.queries() == 0);
    CHECK(std::ranges::all_of(t.known->asked, [](auto const& id) { return id == "999"; }));
    // One of two: what is found is shown.
    auto const some = body_of(t.get("ImagingStudy?patient=999,200"));
    CHECK(ids_of(some) == uids{"1.3"});
    CHECK(issues_of(some).find("does not know a patient") != std::string::npos);

    t.settings.crosswalk.unknown = config::unknown_patient::refuse;
    for (std::string const query : {"patient=999", "patient=Patient/..", "patient=999,200"}) {
        auto const refused = t.get("ImagingStudy?" + query);
        CHECK(status_of(refused) == 403);
        CHECK(issues_of(body_of(refused)) == "not-found: patient: the patient crosswalk does not know this patient\n");
    }
}

TEST_CASE("a known patient without an id of any source, and a reference elsewhere, are told")
{
    two_hospitals t;
    auto const none = body_of(t.get("ImagingStudy?patient=300"));
    CHECK(ids_of(none).empty());
    CHECK(issues_of(none).find("no identifier that a source issues") != std::string::npos);
    auto const elsewhere = body_of(t.get("ImagingStudy?patient=https://other.example/fhir/Patient/123"));
    CHECK(ids_of(elsewhere).empty());
    CHECK(issues_of(elsewhere).find("does not cover") != std::string::npos);
    CHECK(t.known->asked == uids{"300"});
    CHECK(t.queries() == 0);
    // A Device or Group is no patient; nobody is asked.
    CHECK(t.found("subject=Device/123") == uids{});
    CHECK(t.known->asked == uids{"300"});
}

TEST_CASE("when nobody can tell, no archive is asked, and the answer is no list")
{
    struct {
        crosswalk_errc code;
        unsigned status;
    } const cases[] = {{crosswalk_errc::ambiguous_patient, 409}, {crosswalk_errc::unreachable, 503},
                       {crosswalk_errc::overloaded, 503},        {crosswalk_errc::unauthorized, 502},
                       {crosswalk_errc::refused, 502},           {crosswalk_errc::malformed, 502},
                       {crosswalk_errc::too_large, 502},         {crosswalk_errc::timed_out, 504},
                       {crosswalk_errc::unsupported, 501}};
    for (auto const& c : cases) {
        CAPTURE(c.status);
        two_hospitals t;
        t.known->fails = failure{make_error_code(c.code), "crosswalk", {}};
        for (std::string const query : {"patient=123", "patient=123&_summary=count", "patient=123&_id=1.1"}) {
            auto const answer = t.get("ImagingStudy?" + query);
            CHECK(status_of(answer) == c.status);
            CHECK(body_of(answer)["resourceType"] == "OperationOutcome");
        }
        CHECK(t.queries() == 0);
        CHECK(t.found("patient.identifier=P3") == uids{"1.3"});
    }
}

TEST_CASE("a source that does not say whose ids it has is named")
{
    two_hospitals t;
    t.settings.sources[1].issuer.system.clear();
    auto const answer = t.get("ImagingStudy?patient=123");
    CHECK(status_of(answer) == 400);
    CHECK(issues_of(body_of(answer)).find("source second: ") != std::string::npos);
    CHECK(issues_of(body_of(answer)).find("issuer.system") != std::string::npos);
    CHECK(t.queries() == 0);
    CHECK(t.found("patient=123&endpoint=first-wado-rs") == uids{"1.1", "1.2"});
}

TEST_CASE("one search resolves so many references and no more")
{
    two_hospitals t;
    std::string query = "patient=";
    for (int i = 0; i < 20; ++i)
        query += std::to_string(i) + ',';
    CHECK(status_of(t.get("ImagingStudy?" + query)) == 200);
    t.known->asked.clear();
    CHECK(status_of(t.get("ImagingStudy?" + query + "20")) == 400);
    CHECK(t.known->asked.empty());
}
