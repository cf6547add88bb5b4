#include "config/crosswalk_file.hpp"
#include "config/load.hpp"

#include <doctest/doctest.h>

#include <unistd.h>
#include <filesystem>
#include <fstream>

using namespace pons::config;

namespace {

using ids = std::vector<crosswalk_identifier>;

ids const& of(crosswalk_file const& file, std::string const& patient)
{
    return file.table.patients.at(file.table.by_id.at(patient));
}

std::vector<std::string> told(std::string_view csv)
{
    std::vector<std::string> out;
    for (auto const& d : parse_crosswalk_file(csv, "p.csv").diagnostics)
        out.push_back(to_string(d));
    return out;
}

std::vector<std::string> told_of(std::string_view yaml, std::filesystem::path const& base = ".")
{
    std::vector<std::string> out;
    for (auto const& d : load_text(yaml, "f", base).diagnostics)
        out.push_back(to_string(d));
    return out;
}

}  // namespace

TEST_CASE("a table gives every id of a patient, those of merged records too")
{
    auto const file = parse_crosswalk_file(
        "\xEF\xBB\xBFpatient,system,value\r\n"
        "123,urn:oid:1.2,M1\r\n"
        "\r\n"
        "Patient/123,urn:oid:1.3,\"a, \"\"b\"\"\"\r\n"
        "123,urn:oid:1.2,M1\r\n"
        "122,,Patient/123\n"
        "122,urn:oid:1.2,M0\n"
        "121,,Patient/122\n"
        "9,urn:oid:1.3,M1",
        "p.csv");
    CHECK(file.diagnostics.empty());
    ids const all{{"urn:oid:1.2", "M0"}, {"urn:oid:1.2", "M1"}, {"urn:oid:1.3", "a, \"b\""}};
    for (auto const* const id : {"123", "122", "121"})
        CHECK(of(file, id) == all);
    CHECK(of(file, "9") == ids{{"urn:oid:1.3", "M1"}});
    CHECK_FALSE(file.table.by_id.contains("1"));
    CHECK(file.table.patients.size() == 2);
}

TEST_CASE("each fault of a table stands at its line, without a value")
{
    struct {
        char const* name;
        std::string csv;
        std::string says;
    } const cases[] = {
        {"nothing", "", "p.csv: is empty; begin with patient,system,value"},
        {"another heading", "id,system,value\n", "p.csv:1:1: is not the heading; begin with patient,system,value"},
        {"two fields", "patient,system,value\n1,urn:oid:1\n",
         "p.csv:2:1: does not have three fields; write patient,system,value"},
        {"four fields", "patient,system,value\n1,urn:oid:1,M,\n",
         "p.csv:2:1: does not have three fields; write patient,system,value"},
        {"an open quote", "patient,system,value\n1,urn:oid:1,\"M\n",
         "p.csv:2:1: opens a quote that is not closed on the same line; close it"},
        {"text behind a quote", "patient,system,value\n1,\"urn:oid:1\"x,M\n",
         "p.csv:2:1: does not have three fields; write patient,system,value"},
        {"a quote inside", "patient,system,value\n1,urn:oid:1,M\"1\n",
         "p.csv:2:1: has a quote inside a field; put the field in quotes and double the quote"},
        {"no id", "patient,system,value\n,urn:oid:1,M\n",
         "p.csv:2:1: has no Patient id in front; write the id of the EHR's Patient: 1 to 64 letters, digits, hyphens "
         "and dots"},
        {"no system", "patient,system,value\n1,,M\n",
         "p.csv:2:1: has no system; write the system of the identifier, or the record that replaced this one as "
         "Patient/id"},
        {"no value", "patient,system,value\n1,urn:oid:1,\n", "p.csv:2:1: has no value; write the identifier"},
        {"a space", "patient,system,value\n1,urn:oid:1, M\n",
         "p.csv:2:1: has a value that begins or ends with a space; leave it out"},
        {"a backslash", "patient,system,value\n1,urn:oid:1,M\\1\n",
         "p.csv:2:1: has a value with a backslash or a control character, which no Patient ID has"},
        {"Latin-1", "patient,system,value\n1,urn:oid:1,M\xFC\n", "p.csv:2:1: is not UTF-8; save the file as UTF-8"},
        {"an overlong form", "patient,system,value\n1,urn:oid:1,M\xE0\x80\xAF\n",
         "p.csv:2:1: is not UTF-8; save the file as UTF-8"},
        {"long", "patient,system,value\n1,urn:oid:1," + std::string(257, 'x') + "\n",
         "p.csv:2:1: has a value of more than 256 bytes; no archive keeps such an id"},
        {"two patients", "patient,system,value\n1,urn:oid:1,M\n2,urn:oid:1,M\n",
         "p.csv:3:1: gives an identifier that line 2 gives to another patient; keep one, or say which record replaced "
         "the other"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        CHECK(told(c.csv) == std::vector<std::string>{c.says});
    }
    CHECK(told("patient,system,value\n1,urn:oid:1,M\n2,urn:oid:1,M\n2,,Patient/1\n").empty());
    CHECK(told("patient,system,value\n1,urn:oid:1,ü\n").empty());
    CHECK(told("patient,system,value\n1,nothing,M\n").size() == 1);
}

TEST_CASE("a table that is wrong throughout is told at fifty lines")
{
    std::string csv = "patient,system,value\n";
    for (int i = 0; i < 1000; ++i)
        csv += "x\n";
    CHECK(told(csv).size() == 50);
    csv = "patient,system,value\n";
    for (int i = 0; i < 100; ++i)
        csv += "1,urn:oid:1,M" + std::to_string(i) + '\n';
    CHECK(told(csv) == std::vector<std::string>{"p.csv:66:1: gives the patient more than 64 identifiers; leave out "
                                                "those that no source issues"});
}

TEST_CASE("a file that cannot be read is one fault")
{
    CHECK(read_crosswalk_file("/nowhere/p.csv").diagnostics.size() == 1);
    CHECK(read_crosswalk_file("/").diagnostics.size() == 1);
}

#define SOURCE "sources: {a: {kind: dimse, host: h, port: 104, called_ae: A, issuer: {system: 'urn:oid:1'}}}\n"

TEST_CASE("the keys of a crosswalk go with its kind")
{
    struct {
        char const* name;
        char const* yaml;
        std::vector<std::string> says;
    } const cases[] = {
        {"none needs nothing", SOURCE "crosswalk: {kind: none}", {}},
        {"a key without a kind",
         SOURCE "crosswalk: {url: http://127.0.0.1/fhir}",
         {"f:2:18: crosswalk.url: does not belong to a crosswalk of kind none; leave it out"}},
        {"fhir",
         SOURCE "crosswalk: {kind: fhir, url: http://127.0.0.1/fhir, credentials: {kind: bearer, token: t}}",
         {}},
        {"fhir without an address",
         SOURCE "crosswalk: {kind: fhir}",
         {"f:2:1: crosswalk.url: is missing, and a crosswalk of kind fhir needs it"}},
        {"pixm without a system",
         SOURCE "crosswalk: {kind: pixm, url: http://127.0.0.1/fhir}",
         {"f:2:1: crosswalk.system: is missing, and a crosswalk of kind pixm needs it"}},
        {"a token in the open",
         SOURCE "crosswalk: {kind: fhir, url: http://ehr/fhir, credentials: {kind: bearer, token: t}}",
         {"f:2:30: warning: crosswalk.url: sends credentials over plain http beyond loopback, where others can read "
          "them; use https"}},
        {"half a key pair",
         SOURCE "crosswalk: {kind: fhir, url: https://ehr/fhir, tls: {cert_file: " PONS_SOURCE_DIR "/CMakeLists.txt}}",
         {"f:2:48: crosswalk.tls.key_file: is missing; a certificate and its key go together"}},
        {"a source without an issuer",
         "sources: {a: {kind: dimse, host: h, port: 104, called_ae: A}}\n"
         "crosswalk: {kind: fhir, url: http://127.0.0.1/fhir}",
         {"f:1:11: warning: sources.a.issuer.system: is missing; with a crosswalk, searches by Patient that would ask "
          "this source are refused"}},
        {"credentials without a server",
         SOURCE "crosswalk: {kind: none, credentials: {kind: basic, user: u, password: p}}",
         {"f:2:45: crosswalk.credentials.kind: does not belong to a crosswalk of kind none, which asks no server"}},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        auto const said = told_of(c.yaml);
        REQUIRE(said.size() == c.says.size());
        for (std::size_t i = 0; i < said.size(); ++i)
            CHECK(said[i] == c.says[i]);
    }
    auto const loaded = load_text(SOURCE "crosswalk: {kind: fhir, url: http://127.0.0.1/fhir}", "f");
    REQUIRE(loaded.settings);
    CHECK(loaded.settings->crosswalk.base == "http://127.0.0.1/fhir");
}

TEST_CASE("a table's faults come behind those of the file that names it")
{
    auto const folder = std::filesystem::temp_directory_path() / ("pons-crosswalk-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "p.csv") << "patient,system,value\nno\n1,urn:oid:1,M\n";
    auto const said = told_of(SOURCE "crosswalk: {kind: file, file: p.csv}\nhttp: {threads: 0}", folder);
    std::filesystem::remove_all(folder);
    REQUIRE(said.size() == 2);
    CHECK(said[0] == "f:3:17: http.threads: '0' is out of range; write 1 to 64");
    CHECK(said[1] == (folder / "p.csv").string() + ":2:1: does not have three fields; write patient,system,value");
}
