#include "mapping/search/plan.hpp"

#include "mapping/search/judge.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace pons;
using namespace pons::mapping;
using namespace pons::mapping::search;

namespace {

constexpr abilities none{}, all{true, true, true, true};
constexpr abilities literal{.names_without_case = true, .wildcards = false};

plan planned(std::string_view query, abilities const& can, source_facts const& facts = {})
{
    auto const r = parse(split_query(query), {.base = "https://pons.example/fhir"});
    REQUIRE_MESSAGE(r, query);
    return make_plan(r->criteria, facts, can);
}

/// "keyed STUDY PatientID=P1 | PatientID=P2; dates …", for tables.
std::string shown(plan const& p)
{
    if (p.impossible)
        return "impossible";
    std::string text = p.reach == reach::keyed ? "keyed" : p.reach == reach::dated ? "dated" : "unbounded";
    if (p.asked_at != level::study)
        text.append(" ").append(to_query_level(p.asked_at));
    for (auto const& alternative : p.alternatives) {
        text += &alternative == &p.alternatives.front() ? "" : " |";
        for (auto const& k : alternative) {
            text.append(" ").append(find_attribute(k.attribute)->keyword).append("=");
            for (auto const& value : k.values)
                text.append(&value == &k.values.front() ? "" : "\\").append(value);
        }
    }
    if (auto const dates = codecs::to_da_key(p.dates))
        text += " dates " + *dates;
    if (!p.undated_may_match)
        text += " no undated";
    if (!p.dated_may_match)
        text += " no dated";
    return text;
}

}  // namespace

TEST_CASE("criteria become queries that find a superset")
{
    struct {
        std::string query;
        abilities can;
        char const* expected;
    } const cases[] = {
        {"", none, "unbounded"},
        {"_id=1.2.3", none, "keyed StudyInstanceUID=1.2.3"},
        {"_id=1.2.4,1.2.3", none, "keyed StudyInstanceUID=1.2.3\\1.2.4"},
        {"_id=nonsense", none, "impossible"},
        {"_id=nonsense,1.2.3", none, "keyed StudyInstanceUID=1.2.3"},
        {"_id:not=1.2.3", none, "unbounded"},
        {"identifier=urn:dicom:uid|urn:oid:1.2.3", none, "keyed StudyInstanceUID=1.2.3"},
        {"identifier=http://acc|ACC1", none, "keyed AccessionNumber=ACC1"},
        {"identifier=ACC1", none, "keyed AccessionNumber=ACC1 | StudyID=ACC1"},
        {"identifier=1.2.3", none, "keyed StudyInstanceUID=1.2.3 | AccessionNumber=1.2.3 | StudyID=1.2.3"},
        {"identifier=A*1", none, "keyed AccessionNumber=A*1 | StudyID=A*1"},
        {"identifier=*", none, "unbounded"},
        {"identifier=*,ACC1", none, "unbounded"},
        {"identifier=A*1", literal, "keyed AccessionNumber=A*1 | StudyID=A*1"},
        {"identifier=ACC-WITH-18-CHARS", literal,
         "keyed AccessionNumber=ACC-WITH-18-CHARS | StudyID=ACC-WITH-18-CHARS"},
        {"patient.name=pfimbq", literal, "unbounded"},
        {"identifier=a\\\\b", none, "impossible"},
        {"identifier=http://acc|", none, "unbounded"},
        {"identifier=ACC-WITH-18-CHARS", none, "keyed AccessionNumber=ACC-WITH-18-CHA* | StudyID=ACC-WITH-18-CHA*"},
        {"identifier:of-type=http://t|ACSN|ACC1", none, "keyed AccessionNumber=ACC1"},
        {"identifier:missing=true", none, "unbounded"},
        {"patient=P1", none, "keyed PatientID=P1"},
        {"patient=Patient/P1,P2", none, "keyed PatientID=P1 | PatientID=P2"},
        {"patient=Device/P1", none, "impossible"},
        {"patient=https://other/Patient/P1", none, "impossible"},
        {"patient=https://other/Patient/P1,P2", none, "keyed PatientID=P2"},
        {"patient.identifier=urn:oid:1|P1", none, "keyed PatientID=P1"},
        {"patient.identifier=urn:oid:1|", none, "unbounded"},
        {"patient.name=muller", none, "unbounded"},
        {"patient.name=muller", all, "unbounded"},
        {"patient.name=pfimbq", all, "keyed PatientName=*pf*mbq*"},
        {"patient.name=a^b", all, "impossible"},
        {"patient.name=müller", all, "unbounded"},
        {"patient.gender=male", all, "unbounded"},
        {"basedon:identifier=ACC1", none, "keyed AccessionNumber=ACC1"},
        {"basedon=ServiceRequest/ACC1", none, "unbounded"},
        {"series=1.2.3.4", none, "unbounded"},
        {"series=1.2.3.4", all, "keyed SERIES SeriesInstanceUID=1.2.3.4"},
        {"instance=1.2.3.4.5", all, "keyed IMAGE SOPInstanceUID=1.2.3.4.5"},
        {"series=nonsense", all, "impossible"},
        {"modality=CT,MR", none, "unbounded"},
        {"modality=CT,MR", all, "unbounded ModalitiesInStudy=CT | ModalitiesInStudy=MR"},
        {"modality:not=CT", all, "unbounded"},
        {"started=2024-03", none, "dated dates 20240301-20240331 no undated"},
        {"started=ge2024-03-01&started=lt2024-03-15", none, "dated dates 20240301-20240314 no undated"},
        {"started=2024-03-10T23:30:00Z", none, "dated dates 20240309-20240311 no undated"},
        {"started=2024-01-01,2024-03-01", none, "dated dates 20240101-20240301 no undated"},
        {"started=ne2024", none, "unbounded no undated"},
        {"started=2024&started=2023", none, "impossible"},
        {"started:missing=true", none, "unbounded no dated"},
        {"started:missing=false", none, "unbounded no undated"},
        {"started:missing=true&started=2024", none, "impossible"},
        {"started=2024&modality=CT", all, "dated ModalitiesInStudy=CT dates 20240101-20241231 no undated"},
        // The most selective key is asked with; the others are judged.
        {"patient=P1&_id=1.2.3", none, "keyed StudyInstanceUID=1.2.3"},
        {"patient=P1&identifier=http://acc|ACC1", none, "keyed AccessionNumber=ACC1"},
        {"patient=P1&started=2024", none, "keyed PatientID=P1 dates 20240101-20241231 no undated"},
        {"patient=P1&_id=nonsense", none, "impossible"},
        {"referrer.name=x&status=available&endpoint=x&reason=x&encounter:identifier=x", all, "unbounded"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.query);
        CHECK(shown(planned(c.query, c.can)) == c.expected);
    }
}

TEST_CASE("accession numbers are asked for in every form that compares equal")
{
    struct {
        accession_rules rules;
        std::string value;
        char const* expected;
    } const cases[] = {
        {{.pad = 5}, "123", "keyed AccessionNumber=123 | AccessionNumber=00123 | AccessionNumber=0123"},
        {{.prefix = "X"}, "123", "keyed AccessionNumber=123 | AccessionNumber=X123"},
        {{.prefix = "X"}, "X123", "keyed AccessionNumber=X123 | AccessionNumber=123"},
        {{.pad = 4, .prefix = "X"},
         "X123",
         "keyed AccessionNumber=X123 | AccessionNumber=0123 | AccessionNumber=X0123 | AccessionNumber=123"},
        {{.pad = 2, .prefix = "X"},
         "0",
         "keyed AccessionNumber=0 | AccessionNumber=00 | AccessionNumber=X00 | AccessionNumber=X0 | AccessionNumber=X"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.value);
        source_facts facts;
        facts.accession = c.rules;
        CHECK(shown(planned("basedon:identifier=" + std::string(c.value), none, facts)) == c.expected);
    }
}

TEST_CASE("what is not found is asked for with leading spaces")
{
    struct {
        std::string query;
        accession_rules rules;
        char const* expected;
    } const cases[] = {
        {"patient=P1", {}, "PatientID=*P1 instead of 0"},
        {"patient=P1,P2", {}, "PatientID=*P1 instead of 0; PatientID=*P2 instead of 1"},
        {"identifier=S*1", {}, "AccessionNumber=*S*1 instead of 0; StudyID=*S*1 instead of 1"},
        {"identifier=1.2", {}, "AccessionNumber=*1.2 instead of 1; StudyID=*1.2 instead of 2"},
        {"identifier=urn:dicom:uid|urn:oid:1.2", {}, ""},
        {"basedon:identifier=123", {.pad = 5, .prefix = "X"}, "AccessionNumber=*123 instead of 0 1 2 3 4 5"},
        {"basedon:identifier=0",
         {.pad = 2, .prefix = "X"},
         "AccessionNumber=*0 instead of 0 1 2 3 4; AccessionNumber=*X instead of 0 1 2 3 4"},
        {"patient=0123456789012345678901234567890123456789012345678901234567890123456",
         {},
         "PatientID=0123456789012345678901234567890123456789012345678901234567890123456 instead of 0; "
         "PatientID=*012345678901234567890123456789012345678901234567890123456789012* instead of 0"},
        {"_id=1.2.3", {}, ""},
    };
    for (auto const& c : cases) {
        CAPTURE(c.query);
        source_facts facts;
        facts.accession = c.rules;
        auto const p = planned(c.query, none, facts);
        std::string text;
        for (auto const& again : p.second_tries) {
            auto const& k = again.keys.front();
            text += (text.empty() ? "" : "; ") + std::string(find_attribute(k.attribute)->keyword) + "=" +
                    k.values.front() + " instead of";
            for (auto const index : again.instead_of) {
                REQUIRE(index < p.alternatives.size());
                text += ' ' + std::to_string(index);
            }
        }
        CHECK(text == std::string(c.expected));
        // Without spaces only what was cut.
        CHECK(planned(c.query, {.leading_spaces = true}, facts).second_tries.size() == (c.query.size() > 70 ? 1U : 0U));
    }
}

TEST_CASE("without wild cards one leading space is all that can be asked for")
{
    auto const p = planned("patient=P1", literal);
    REQUIRE(p.second_tries.size() == 1);
    CHECK(p.second_tries[0].keys == std::vector<key>{{tags::PatientID, {" P1"}}});
}

TEST_CASE("where nothing else narrows it can be settled for names as most are written")
{
    struct {
        char const* query;
        abilities can;
        char const* settled;
        bool loses;
    } const cases[] = {
        {"patient.name=kohler", all, "keyed PatientName=*k*hl*r*", true},
        {"patient.name=kohler,smith", all, "keyed PatientName=*k*hl*r* | PatientName=*sm*", true},
        {"patient.name=ann", all, "unbounded", false},
        {"patient.name=ann,smith", all, "unbounded", false},
        {"patient.name=kohler", none, "unbounded", false},
        {"patient.name=kohler", literal, "unbounded", false},
        {"patient.name=pfimbq", all, "keyed PatientName=*pf*mbq*", false},
        {"patient.name=小林", all, "keyed PatientName=*小*林*", true},
        {"patient.name=kohler&patient=P1", all, "keyed PatientID=P1", false},
        {"patient.name=kohler&started=2024", all, "dated dates 20240101-20241231 no undated", false},
        {"patient.name=a^b", all, "impossible", false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.query);
        auto p = planned(c.query, c.can);
        settle_for_names(p);
        CHECK(shown(p) == c.settled);
        CHECK(p.loses_names == c.loses);
    }
}

TEST_CASE("where Study ID is no key, what may be one is lost unless another key narrows")
{
    abilities const azure{.wildcards = false, .study_id = false};
    struct {
        char const* query;
        char const* expected;
        bool loses;
    } const cases[] = {
        {"identifier=A1", "keyed AccessionNumber=A1", true},
        {"identifier=|A1", "keyed AccessionNumber=A1", true},
        {"identifier=urn:oid:1.2|A1", "keyed AccessionNumber=A1", false},
        {"identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|ACSN|A1", "keyed AccessionNumber=A1", false},
        {"basedon:identifier=A1", "keyed AccessionNumber=A1", false},
        {"identifier=1.2.3", "keyed StudyInstanceUID=1.2.3 | AccessionNumber=1.2.3", false},
        {"identifier=A1&patient=P1", "keyed PatientID=P1", false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.query);
        auto const p = planned(c.query, azure);
        CHECK(shown(p) == c.expected);
        CHECK(p.loses_study_ids == c.loses);
    }
    CHECK_FALSE(planned("identifier=A1", {}).loses_study_ids);
}

TEST_CASE("long lists are cut into queries, too many queries are not worth it")
{
    std::string uids = "_id=1.2.3.0", patients = "patient=P0";
    for (int i = 1; i < 250; ++i)
        uids += ",1.2.3." + std::to_string(i);
    for (int i = 1; i < 65; ++i)
        patients += ",P" + std::to_string(i);
    auto const by_uid = planned(uids, none);
    REQUIRE(by_uid.alternatives.size() == 3);
    CHECK(by_uid.alternatives[0][0].values.size() == 100);
    CHECK(by_uid.alternatives[2][0].values.size() == 50);
    CHECK(planned(patients, none).reach == reach::unbounded);
}

TEST_CASE("requests carry keys, dates and everything that the mapping reads")
{
    auto const p = planned("patient=P1", none);
    using namespace std::chrono;
    codecs::da_range const may{.first = local_days(2024y / 5 / 1), .last = local_days(2024y / 5 / 31), .empty = false};
    auto const request = to_find_request(p, p.alternatives[0], &may);
    CHECK(request.at == level::study);
    CHECK(request.keys == std::vector<key>{{tags::PatientID, {"P1"}}, {tags::StudyDate, {"20240501-20240531"}}});
    CHECK(std::ranges::find(request.return_keys, tags::StudyTime) != request.return_keys.end());
    CHECK(to_find_request(p, p.alternatives[0], nullptr).keys.size() == 1);

    auto const series = series_of({"1.2", "1.3"});
    CHECK(series.at == level::series);
    CHECK(series.keys == std::vector<key>{{tags::StudyInstanceUID, {"1.2", "1.3"}}});
    auto const instances = instances_of("1.2", "1.2.1");
    CHECK(instances.keys == std::vector<key>{{tags::StudyInstanceUID, {"1.2"}}, {tags::SeriesInstanceUID, {"1.2.1"}}});
    CHECK(instances_of("1.2", "").keys.size() == 1);
}
