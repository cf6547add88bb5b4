#include "mapping/search/criteria.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::mapping;
using namespace pons::mapping::search;

namespace {

constexpr std::string_view base = "https://pons.example/fhir";

result<request> read(std::string_view query, bool strict = false)
{
    return parse(split_query(query), {.base = base, .strict = strict, .max_count = 1000, .now = 0});
}

}  // namespace

TEST_CASE("what cannot be searched for is refused, with the parameter's name and no value")
{
    struct {
        std::string query;
        mapping::errc code;
        char const* where;
    } const cases[] = {
        {"started=23 May 2009", errc::invalid_value,
         "started, which is written as 2024-01-31 or 2024-01-31T10:00:00Z, perhaps after eq, ne, gt, ge, lt, le, sa, "
         "eb or ap"},
        {"started=2024-13", errc::invalid_value,
         "started, which is written as 2024-01-31 or 2024-01-31T10:00:00Z, perhaps after eq, ne, gt, ge, lt, le, sa, "
         "eb or ap"},
        {"started=2024-01-01T10", errc::invalid_value,
         "started, which is written as 2024-01-31 or 2024-01-31T10:00:00Z, perhaps after eq, ne, gt, ge, lt, le, sa, "
         "eb or ap"},
        {"started=xx2024", errc::invalid_value,
         "started, which is written as 2024-01-31 or 2024-01-31T10:00:00Z, perhaps after eq, ne, gt, ge, lt, le, sa, "
         "eb or ap"},
        {"started:exact=2024", errc::unsupported_modifier, "started:exact, which takes :missing"},
        {"status:exact=available", errc::unsupported_modifier, "status:exact, which takes :missing, :not"},
        {"modality:in=x", errc::unsupported_modifier, "modality:in, which takes :missing, :not"},
        {"modality:missing=maybe", errc::invalid_value, "modality:missing, which is written as true or false"},
        {"modality=|", errc::invalid_value, "modality, which is written as code, system|code, |code or system|"},
        {"modality=a|b|c", errc::invalid_value, "modality, which is written as code, system|code, |code or system|"},
        {"modality=,", errc::invalid_value, "modality, which is written as code, system|code, |code or system|"},
        {"modality=a\\b", errc::invalid_value, "modality, which is written as code, system|code, |code or system|"},
        {"identifier:of-type=a|b", errc::invalid_value,
         "identifier:of-type, which is written as type-system|type-code|value"},
        {"identifier:of-type=a||b", errc::invalid_value,
         "identifier:of-type, which is written as type-system|type-code|value"},
        {"patient.foo=1", errc::unsupported_chain,
         "patient.foo; patient takes .identifier, .name, .family, .given, .birthdate, .gender of Patient"},
        {"subject:Device.name=1", errc::unsupported_chain,
         "subject:Device.name; subject takes .identifier, .name, .family, .given, .birthdate, .gender of Patient"},
        {"basedon.status=active", errc::unsupported_chain,
         "basedon.status; basedon takes .identifier of ServiceRequest"},
        {"modality.foo=1", errc::unsupported_chain, "modality.foo; modality takes no chain"},
        {"patient:Device=1", errc::unsupported_modifier, "patient:Device, which takes :missing, :identifier"},
        {"patient.name:not=x", errc::unsupported_modifier, "patient.name:not, which takes :missing, :exact, :contains"},
        {"patient.birthdate:not=1970", errc::unsupported_modifier, "patient.birthdate:not, which takes :missing"},
        {"patient.identifier:of-type=a|b|c", errc::unsupported_modifier,
         "patient.identifier:of-type, which takes :missing, :not"},
        {"patient.identifier:text=x", errc::unsupported_modifier,
         "patient.identifier:text, which takes :missing, :not"},
        {"referrer.identifier:exact=x", errc::unsupported_modifier,
         "referrer.identifier:exact, which takes :missing, :not"},
        {"patient.name:missing=maybe", errc::invalid_value, "patient.name:missing, which is written as true or false"},
        {"patient:identifier.name=x", errc::unsupported_modifier, "patient:identifier.name"},
        {"_count=-1", errc::invalid_value, "_count, which is written as a number"},
        {"_count=ten", errc::invalid_value, "_count, which is written as a number"},
        {"_summary=maybe", errc::invalid_value, "_summary, which is written as true, false, text, data or count"},
        {"_total=some", errc::invalid_value, "_total, which is written as none, estimate or accurate"},
        {"_sort=modality", errc::unsupported_sort, "_sort: started and _id can be sorted by"},
        {"_has:Observation:subject:code=x", errc::unsupported_parameter, "_has:Observation:subject:code"},
        {"_text=x", errc::unsupported_parameter, "_text"},
        {"_filter=x", errc::unsupported_parameter, "_filter"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.query);
        auto const r = read(c.query);
        REQUIRE(!r);
        CHECK(r.error().code == c.code);
        CHECK(r.error().where == c.where);
    }
}

TEST_CASE("unknown parameters are ignored and told, or refused under strict handling")
{
    auto const lenient = read("foo=1&modality=CT&_include=ImagingStudy:nonsense");
    REQUIRE(lenient);
    CHECK(lenient->criteria.size() == 1);
    CHECK(lenient->issues.size() == 2);
    CHECK(lenient->used == std::vector<parameter>{{"modality", "CT"}});
    for (std::string const query : {"foo=1", "_include=ImagingStudy:nonsense"}) {
        auto const strict = read(query, true);
        REQUIRE(!strict);
        CHECK(strict.error().code == errc::unknown_parameter);
    }
    CHECK(read("modality=CT", true));
}

TEST_CASE("values without text are ignored")
{
    auto const r = read("modality=&started=&patient.name=");
    REQUIRE(r);
    CHECK(r->criteria.empty());
    CHECK(r->used.empty());
}

TEST_CASE("tokens")
{
    struct {
        std::string value;
        token expected;
    } const cases[] = {
        {"code", {{}, "code", {}, {}}},
        {"sys|code", {"sys", "code", {}, {}}},
        {"|code", {"", "code", {}, {}}},
        {"sys|", {"sys", "", {}, {}}},
        {"urn:oid:1.2|a\\|b\\,c", {"urn:oid:1.2", "a|b,c", {}, {}}},
    };
    for (auto const& c : cases) {
        CAPTURE(c.value);
        auto const r = parse(std::vector<parameter>{{"identifier", c.value}}, {});
        REQUIRE(r);
        CHECK(std::get<token>(r->criteria.at(0).any_of.at(0)) == c.expected);
    }
    auto const typed = read("identifier:of-type=http://t|ACSN|4711");
    REQUIRE(typed);
    CHECK(std::get<token>(typed->criteria[0].any_of[0]) == token{{}, "4711", "http://t", "ACSN"});
}

TEST_CASE("references")
{
    struct {
        std::string name;
        std::string value;
        reference_value expected;
    } const cases[] = {
        {"patient", "123", {"", "123", false}},
        {"patient", "Patient/123", {"Patient", "123", false}},
        {"patient:Patient", "123", {"Patient", "123", false}},
        {"patient", "https://pons.example/fhir/Patient/123", {"Patient", "123", false}},
        {"patient", "https://pons.example/fhir/r4/Patient/123", {"Patient", "123", false}},
        {"patient", "Patient/123/_history/4", {"Patient", "123", false}},
        {"patient", "https://other.example/fhir/Patient/123", {"", "https://other.example/fhir/Patient/123", true}},
        {"patient", "https://pons.example/fhirother/Patient/1", {"", "https://pons.example/fhirother/Patient/1", true}},
        {"subject:Patient", "Device/1", {"", "Device/1", true}},
        {"patient", "urn:uuid:1", {"", "urn:uuid:1", true}},
    };
    for (auto const& c : cases) {
        CAPTURE(c.value);
        auto const r = parse(std::vector<parameter>{{c.name, c.value}}, {.base = base});
        REQUIRE(r);
        CHECK(std::get<reference_value>(r->criteria.at(0).any_of.at(0)) == c.expected);
    }
}

TEST_CASE("commas are or, repeats are and")
{
    auto const r = read("modality=CT,MR&modality=US");
    REQUIRE(r);
    REQUIRE(r->criteria.size() == 2);
    CHECK(r->criteria[0].any_of.size() == 2);
    CHECK(r->criteria[1].any_of.size() == 1);
}

TEST_CASE("names of criteria are parameters, never values")
{
    struct {
        std::string query;
        std::string name;
        parameter_type type;
    } const cases[] = {
        {"patient.identifier=x|y", "patient.identifier", parameter_type::token},
        {"patient:Patient.name:exact=x", "patient.name:exact", parameter_type::string},
        {"patient:identifier=x|y", "patient:identifier", parameter_type::token},
        {"modality:not=CT", "modality:not", parameter_type::token},
        {"patient.birthdate=2000", "patient.birthdate", parameter_type::date},
        {"patient.gender:not=male", "patient.gender:not", parameter_type::token},
        {"endpoint=web-wado-rs", "endpoint", parameter_type::reference},
    };
    for (auto const& c : cases) {
        CAPTURE(c.query);
        auto const r = read(c.query);
        REQUIRE(r);
        REQUIRE(r->criteria.size() == 1);
        CHECK(r->criteria[0].name() == c.name);
        CHECK(r->criteria[0].type() == c.type);
    }
}

TEST_CASE("result parameters")
{
    auto const r = read(
        "_count=5000&_sort=-started,_id&_summary=data&_total=accurate&_elements=status,,series&"
        "_include=ImagingStudy:endpoint&_format=json&_pretty=true");
    REQUIRE(r);
    CHECK(r->count == 1000);
    CHECK(r->sort == std::vector<sort_key>{{sort_key::by::started, true}, {sort_key::by::id, false}});
    CHECK(r->summary == summary::data);
    CHECK(r->total == total::accurate);
    CHECK(r->elements == std::vector<std::string>{"status", "series"});
    CHECK(r->include_endpoint);
    CHECK(r->used.front() == parameter{"_count", "1000"});
    CHECK(r->used.size() == 8);
    CHECK(read("_count=0")->summary == summary::count);
    CHECK(read("_count=99999999999999999999")->count == 1000);
    CHECK(read("_page=abc")->page == "abc");
    CHECK(read("_page=abc")->used.empty());
}

TEST_CASE("the parameters that were used are written as a query that reads the same")
{
    auto const r =
        read("patient.name=O'Neil%20M%C3%BCller&identifier=http://x|a\\,b&started=ge2024-01-01T10:00:00%2B01:00");
    REQUIRE(r);
    CHECK(split_query(to_query(r->used)) == r->used);
}
