#include "mapping/order_item.hpp"

#include "mapping/codecs/identifier.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace pons::mapping;
using namespace pons::mapping::orders;

namespace {

constexpr tag step_sequence{0x00400100};
constexpr std::string_view v2_0203 = "http://terminology.hl7.org/CodeSystem/v2-0203";
constexpr char const* dcm = "http://dicom.nema.org/resources/ontology/DCM";
constexpr char const* ae_titles = "urn:oid:1.2.9";

identifier typed(std::string code, std::string value, std::string system = "urn:oid:1.2.3")
{
    return {
        .system = std::move(system),
        .value = std::move(value),
        .use = {},
        .type = {.codings = {{.system = std::string(v2_0203), .code = std::move(code), .display = {}}}, .text = {}}};
}

codeable_concept concept_of(std::string system, std::string code, std::string display = {}, std::string text = {})
{
    return {.codings = {{.system = std::move(system), .code = std::move(code), .display = std::move(display)}},
            .text = std::move(text)};
}

human_name name(std::string use, std::string family, std::vector<std::string> given = {})
{
    human_name one;
    one.use = std::move(use);
    one.family = std::move(family);
    one.given = std::move(given);
    return one;
}

party a_party(std::string type, std::string id)
{
    party one;
    one.type = std::move(type);
    one.id = std::move(id);
    return one;
}

struct server {
    codecs::zone zone = codecs::find_zone("Europe/Vienna").value();
    order_facts facts{.base = "https://ehr.example.org/fhir",
                      .patient_system = "urn:oid:1.2.4",
                      .patient_namespace = "HOSP",
                      .accession_system = "urn:oid:1.2.5",
                      .ae_title_system = ae_titles,
                      .zone = &zone};
    parties came{facts.base};

    data_set item(order const& one) const { return to_worklist_item(look_at(one, came, facts)); }
    data_set step(order const& one) const { return item(one).items(step_sequence).front(); }
};

order an_order()
{
    order one;
    one.id = "o1";
    one.status = "active";
    one.intent = "order";
    one.subject.to = "Patient/p1";
    return one;
}

std::vector<party> some_people()
{
    auto patient = a_party("Patient", "p1");
    patient.identifiers = {{.system = "urn:oid:9", .value = "other", .use = {}, .type = {}},
                           {.system = "urn:oid:1.2.4", .value = "OLD", .use = "old", .type = {}},
                           {.system = "urn:oid:1.2.4", .value = "P1", .use = {}, .type = {}}};
    patient.names = {name("maiden", "Roe"), name("usual", "Usual"), name("official", "Doe", {"Jane", "Mary", "Ann"})};
    patient.names.back().prefix = {"Dr."};
    patient.gender = "female";
    patient.birth_date = "1970-02-28";
    auto doctor = a_party("Practitioner", "d1");
    doctor.names = {name("", "House", {"Gregory"})};
    auto role = a_party("PractitionerRole", "r1");
    role.practitioner.to = "Practitioner/d1";
    role.organization.to = "https://ehr.example.org/fhir/Organization/g1";
    auto ward = a_party("Organization", "g1");
    ward.name = "Cardiology";
    auto scanner = a_party("Device", "ct1");
    scanner.full_url = "urn:uuid:7";
    scanner.name = "Scanner 1";
    scanner.identifiers = {{.system = ae_titles, .value = "CT1", .use = {}, .type = {}}};
    return {patient, doctor, role, ward, scanner};
}

}  // namespace

TEST_CASE("an order is told as a scheduled procedure step")
{
    server at;
    at.came.add(some_people());
    auto one = an_order();
    one.identifiers = {typed("PLAC", "PL-1"),
                       typed("ACSN", "ACC1"),
                       typed("FILL", "F-1"),
                       {.system = "urn:dicom:uid", .value = "urn:oid:1.2.3.4", .use = {}, .type = {}}};
    one.priority = "asap";
    one.categories = {concept_of("http://snomed.info/sct", "363679005")};
    one.code = concept_of("http://loinc.org", "24627-2", "CT Chest", "CT of the thorax");
    one.details = {concept_of(dcm, "CT")};
    one.start = "2026-07-06T23:30:00Z";
    one.authored_on = "2026-07-01";
    one.requester.to = "PractitionerRole/r1";
    one.performers = {{.to = "urn:uuid:7", .display = {}, .logical = {}},
                      {.to = "Practitioner/d9", .display = "Dr. Who", .logical = {}}};
    one.locations = {{.codings = {}, .text = "Room 1"}};
    one.reasons = {concept_of("http://hl7.org/fhir/sid/icd-10", "J18.9", "Pneumonia")};
    one.notes = {"fasting", "walks"};

    auto const item = at.item(one);
    struct {
        tag t;
        char const* value;
    } const own[] = {{tags::AccessionNumber, "ACC1"},
                     {tags::PatientName, "Doe^Jane^Mary Ann^Dr."},
                     {tags::PatientID, "P1"},
                     {tags::IssuerOfPatientID, "HOSP"},
                     {tags::PatientBirthDate, "19700228"},
                     {tags::PatientSex, "F"},
                     {tags::StudyInstanceUID, "1.2.3.4"},
                     {tag{0x00321032}, "House^Gregory"},
                     {tag{0x00321033}, "Cardiology"},
                     {tag{0x00321060}, "CT of the thorax"},
                     {tags::RequestedProcedureID, "F-1"},
                     {tags::ReasonForTheRequestedProcedure, "Pneumonia"},
                     {tag{0x00401003}, "HIGH"},
                     {tag{0x00402004}, "20260701"},
                     {tag{0x00402005}, ""},
                     {tag{0x00402016}, "PL-1"},
                     {tag{0x00402017}, "F-1"},
                     {tag{0x00402400}, "fasting\nwalks"}};
    for (auto const& c : own) {
        CAPTURE(describe(c.t));
        CHECK(item.contains(c.t));
        CHECK(item.text(c.t) == c.value);
    }
    REQUIRE(item.items(tags::IssuerOfAccessionNumberSequence).size() == 1);
    CHECK(item.items(tags::IssuerOfAccessionNumberSequence).front().text(tags::UniversalEntityID) == "1.2.3");
    REQUIRE(item.items(tag{0x00321064}).size() == 1);
    auto const& code = item.items(tag{0x00321064}).front();
    CHECK(code.text(tags::CodeValue) == "24627-2");
    CHECK(code.text(tags::CodingSchemeDesignator) == "LN");
    CHECK(code.text(tags::CodeMeaning) == "CT Chest");
    CHECK(item.items(tags::ReasonForRequestedProcedureCodeSequence).front().text(tags::CodeValue) == "J18.9");

    REQUIRE(item.items(step_sequence).size() == 1);
    auto const& step = item.items(step_sequence).front();
    struct {
        tag t;
        char const* value;
    } const of_step[] = {{tags::Modality, "CT"},
                         {tag{0x00400001}, "CT1"},
                         {tag{0x00400002}, "20260707"},  // in Vienna it is half past one
                         {tag{0x00400003}, "013000"},
                         {tag{0x00400006}, "Dr. Who"},
                         {tags::ScheduledProcedureStepDescription, "CT of the thorax"},
                         {tags::ScheduledProcedureStepID, "F-1"},
                         {tag{0x00400010}, "Scanner 1"},
                         {tag{0x00400011}, "Room 1"},
                         {tag{0x00400020}, "SCHEDULED"}};
    for (auto const& c : of_step) {
        CAPTURE(describe(c.t));
        CHECK(step.text(c.t) == c.value);
    }
    CHECK(step.items(tag{0x00400008}).size() == 1);
}

TEST_CASE("what an order does not tell is there, empty, but for what may then be any")
{
    server at;
    auto one = an_order();
    one.id.clear();
    auto const item = at.item(one);
    auto const& step = item.items(step_sequence).front();
    std::set<std::string_view> for_any;
    for (auto const& row : order_rows()) {
        CAPTURE(row.keyword);
        auto const& home = row.in == worklist_row::place::item ? item : step;
        CHECK(home.contains(row.attribute) != row.for_any);
        if (row.attribute != tag{0x00400020})
            CHECK(home.text(row.attribute).empty());
        if (row.for_any)
            for_any.insert(row.keyword);
    }
    CHECK(for_any == std::set<std::string_view>{"Modality", "ScheduledProcedureStepStartTime",
                                                "ScheduledStationAETitle", "ScheduledStationName"});
}

TEST_CASE("values that an attribute cannot hold are not told, and the next way is tried")
{
    server at;
    auto one = an_order();
    one.id = "a-rather-long-id-of-a-resource";
    one.identifiers = {typed("ACSN", "an accession number that is too long"), typed("FILL", "much-too-long-to-be-one"),
                       typed("PLAC", "PL-1")};
    one.code = {.codings = {{.system = "urn:local", .code = "X1", .display = "a\\b"},
                            {.system = "http://snomed.info/sct", .code = "77477000", .display = "CT"}},
                .text = std::string(65, 'x')};
    one.start = "2026-07";
    auto const item = at.item(one);
    CHECK(item.text(tags::AccessionNumber).empty());
    CHECK(item.items(tags::IssuerOfAccessionNumberSequence).empty());
    CHECK(item.text(tags::RequestedProcedureID) == "PL-1");
    CHECK(item.text(tag{0x00402017}) == "much-too-long-to-be-one");
    CHECK(item.text(tag{0x00321060}) == "CT");
    CHECK(item.items(tag{0x00321064}).front().text(tags::CodingSchemeDesignator) == "SCT");
    CHECK(item.items(step_sequence).front().text(tag{0x00400002}).empty());
}

TEST_CASE("a study that has no UID yet has always the same")
{
    server at;
    auto const uid = std::string(at.item(an_order()).text(tags::StudyInstanceUID));
    CHECK(codecs::is_uid(uid));
    CHECK(uid.starts_with("2.25."));
    CHECK(at.item(an_order()).text(tags::StudyInstanceUID) == uid);
    auto another = an_order();
    another.id = "o2";
    CHECK(at.item(another).text(tags::StudyInstanceUID) != uid);

    struct {
        char const* system;
        char const* value;
        char const* told;
    } const cases[] = {{"urn:dicom:uid", "urn:oid:1.2.3", "1.2.3"},
                       {"urn:dicom:uid", "1.2.3", "1.2.3"},
                       {"urn:dicom:uid", "urn:oid:1.02", ""},
                       {"urn:oid:5", "1.2.3", ""}};
    for (auto const& c : cases) {
        CAPTURE(c.value);
        auto one = an_order();
        one.identifiers = {{.system = c.system, .value = c.value, .use = {}, .type = {}}};
        CHECK(at.item(one).text(tags::StudyInstanceUID) == (*c.told == '\0' ? uid : c.told));
    }
}

TEST_CASE("the modality is the one that is told, in whichever way")
{
    server at;
    struct {
        char const* name;
        codeable_concept detail;
        codeable_concept category;
        codeable_concept code;
        char const* modality;
    } const cases[] = {
        {"orderDetail wins", concept_of(dcm, "CT"), concept_of(dcm, "MR"), concept_of(dcm, "US"), "CT"},
        {"then category", {}, concept_of(dcm, "MR"), concept_of(dcm, "US"), "MR"},
        {"then code", {}, {}, concept_of(dcm, "US"), "US"},
        {"a section", {}, concept_of("http://terminology.hl7.org/CodeSystem/v2-0074", "NMR"), {}, "MR"},
        {"a section of several", {}, concept_of("http://terminology.hl7.org/CodeSystem/v2-0074", "RX"), {}, ""},
        {"a DCM code that is none", concept_of(dcm, "121022"), {}, {}, ""},
        {"of another system", concept_of("urn:x", "CT"), {}, {}, ""},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto one = an_order();
        one.details = {c.detail};
        one.categories = {c.category};
        one.code = c.code;
        CHECK(at.step(one).text(tags::Modality) == c.modality);
        CHECK(at.step(one).contains(tags::Modality) == (*c.modality != '\0'));
    }
}

TEST_CASE("times are told where the modalities are, as exactly as they are known")
{
    server at;
    struct {
        char const* start;
        char const* date;
        char const* time;
    } const cases[] = {
        {"2026-07-06T23:30:00Z", "20260707", "013000"},
        {"2026-01-06T23:30:00.5Z", "20260107", "003000"},
        {"2026-10-25T02:30:00+01:00", "20261025", "023000"},
        {"2026-07-06T10:00:00-05:00", "20260706", "170000"},
        {"2026-07-06T10:00:00", "20260706", "100000"},  // R5
        {"2026-07-06", "20260706", ""},
        {"2026-07", "", ""},
        {"2026", "", ""},
        {"tomorrow", "", ""},
        {"", "", ""},
    };
    for (auto const& c : cases) {
        CAPTURE(c.start);
        auto one = an_order();
        one.start = c.start;
        auto const step = at.step(one);
        CHECK(step.text(tag{0x00400002}) == c.date);
        CHECK(step.text(tag{0x00400003}) == c.time);
        CHECK(step.contains(tag{0x00400002}));
        CHECK(step.contains(tag{0x00400003}) == (*c.time != '\0'));  // a day may mean any time of it
    }
}

TEST_CASE("stations come from performers and from details, by the system of AE titles")
{
    server at;
    at.came.add(some_people());
    auto one = an_order();
    one.performers = {
        {.to = "Device/ct1", .display = {}, .logical = {}},
        {.to = {}, .display = {}, .logical = identifier{.system = ae_titles, .value = "CT2", .use = {}, .type = {}}}};
    one.details = {concept_of(ae_titles, "", "CT3"), concept_of(ae_titles, "CT1"),
                   concept_of(ae_titles, "a title that is too long"), concept_of("urn:x", "CT4")};
    auto const step = at.step(one);
    REQUIRE(step.count(tag{0x00400001}) == 3);
    CHECK(step.text(tag{0x00400001}, 0) == "CT1");
    CHECK(step.text(tag{0x00400001}, 1) == "CT2");
    CHECK(step.text(tag{0x00400001}, 2) == "CT3");
    at.facts.ae_title_system.clear();
    CHECK_FALSE(at.step(one).contains(tag{0x00400001}));
}

TEST_CASE("only what is active, ordered, wanted and imaging is scheduled")
{
    std::vector<std::string> const categories{"http://snomed.info/sct|363679005", "RAD"};
    auto good = an_order();
    good.categories = {concept_of("http://snomed.info/sct", "363679005")};
    CHECK(is_scheduled(good, categories));
    struct {
        char const* name;
        void (*change)(order&);
        bool still;
    } const cases[] = {
        {"completed", [](order& o) { o.status = "completed"; }, false},
        {"a draft", [](order& o) { o.status = "draft"; }, false},
        {"on hold", [](order& o) { o.status = "on-hold"; }, false},
        {"a proposal", [](order& o) { o.intent = "proposal"; }, false},
        {"a plan", [](order& o) { o.intent = "plan"; }, false},
        {"of the filler", [](order& o) { o.intent = "filler-order"; }, true},
        {"not to be done", [](order& o) { o.do_not_perform = true; }, false},
        {"another category", [](order& o) { o.categories = {concept_of("http://snomed.info/sct", "108252007")}; },
         false},
        {"the code of another system", [](order& o) { o.categories = {concept_of("urn:x", "363679005")}; }, false},
        {"a code whatever its system", [](order& o) { o.categories = {concept_of("urn:x", "RAD")}; }, true},
        {"no category", [](order& o) { o.categories.clear(); }, false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto one = good;
        c.change(one);
        CHECK(is_scheduled(one, categories) == c.still);
    }
    std::vector<std::string> const any{"*"};
    good.categories.clear();
    CHECK(is_scheduled(good, any));
}

TEST_CASE("names are told as PN has them")
{
    auto kanji = name("official", "\u5C71\u7530", {"\u592A\u90CE"});
    kanji.representation = "IDE";
    auto kana = name("official", "\u3084\u307E\u3060", {"\u305F\u308D\u3046"});
    kana.representation = "SYL";
    human_name text;
    text.text = "Jane Doe";
    auto const longest = name("official", std::string(40, 'f'), {std::string(20, 'g'), std::string(20, 'm')});
    struct {
        char const* name;
        std::vector<human_name> names;
        std::string pn;
    } const cases[] = {
        {"none", {}, ""},
        {"a family name", {name("", "Doe")}, "Doe"},
        {"old ones are not told", {name("old", "Roe"), name("maiden", "Poe")}, ""},
        {"three groups",
         {name("", "Yamada", {"Tarou"}), kanji, kana},
         "Yamada^Tarou=\u5C71\u7530^\u592A\u90CE=\u3084\u307E\u3060^\u305F\u308D\u3046"},
        {"one of them", {kanji}, "=\u5C71\u7530^\u592A\u90CE"},
        {"only a text", {text}, "Jane Doe"},
        {"what separates components", {name("", "D^o=e\\", {"J"})}, "D o e^J"},
        {"too long", {longest}, std::string(40, 'f') + '^' + std::string(20, 'g')},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto patient = a_party("Patient", "p1");
        patient.names = c.names;
        server at;
        at.came.add({patient});
        CHECK(at.item(an_order()).text(tags::PatientName) == c.pn);
    }
}

TEST_CASE("references lead to what came, by whatever they are written")
{
    parties came("https://ehr.example.org/fhir");
    came.add(some_people());
    auto one = an_order();
    one.contained.push_back(a_party("Patient", "inside"));
    struct {
        char const* to;
        char const* id;
    } const cases[] = {{"Patient/p1", "p1"},
                       {"Patient/p1/_history/2", "p1"},
                       {"https://ehr.example.org/fhir/Patient/p1", "p1"},
                       {"https://other.example.org/fhir/Patient/p1", ""},
                       {"urn:uuid:7", "ct1"},
                       {"#inside", "inside"},
                       {"#p1", ""},
                       {"Patient/p", ""},
                       {"atient/p1", ""},
                       {"", ""}};
    for (auto const& c : cases) {
        CAPTURE(c.to);
        auto const* const found = came.find({.to = c.to, .display = {}, .logical = {}}, one);
        CHECK((found ? found->id : "") == c.id);
    }
    auto const id = [&](char const* to) {
        return std::string(came.id_of({.to = to, .display = {}, .logical = {}}, "Patient"));
    };
    CHECK(id("Patient/x-1") == "x-1");
    CHECK(id("https://ehr.example.org/fhir/Patient/x") == "x");
    CHECK(id("Patient/x&y") == "");
    CHECK(id("Device/x") == "");
    CHECK(id("#x") == "");
}
