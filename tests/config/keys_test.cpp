#include "config/keys.hpp"

#include "config/describe.hpp"
#include "config/load.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

using namespace pons::config;

namespace {

std::string const here = PONS_SOURCE_DIR;

std::string read_all(std::string const& path)
{
    std::ifstream in(path);
    REQUIRE(in);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

// A value that fits and is not the default.
std::string other_value(key const& k)
{
    static std::map<std::string_view, std::string> const texts{
        {"http.public_url", "https://pons.example.org/base"},
        {"http.cors_origins", "[\"https://viewer.example.org\"]"},
        {"dicom.ae_titles.*", "[a]"},
        {"fhir.default_version", "R4"},  // there is but one
        {"log.level", "debug"},
        {"crosswalk.kind", "pixm"},
        {"crosswalk.file", here + "/tests/data/patients.csv"},
        {"crosswalk.url", "\"https://ehr.example.org/fhir\""},
        {"crosswalk.base", "\"https://ehr.example.org/fhir\""},
        {"crosswalk.system", "\"urn:oid:1.2.5\""},
        {"crosswalk.credentials.kind", "basic"},
        {"sources.*.kind", "dicomweb"},
        {"sources.*.host", "10.1.2.3"},
        {"dicomweb.store_to", "a"},
        {"federation.order", "[a]"},
        {"federation.routes.*.issuer", "[\"urn:oid:1.2.3\"]"},
        {"federation.routes.*.modality", "[CT, MG]"},
        {"federation.routes.*.sources", "[a]"},
        {"sources.*.url", "\"https://archive.example.org/rs\""},
        {"sources.*.credentials.kind", "basic"},
        {"sources.*.retrieve", "[c-move]"},
        {"sources.*.timezone", "Europe/Vienna"},
        {"sources.*.hours", "\"06:00-22:00, 23:00-24:00\""},
        {"sources.*.limits.require_any_of", "[PatientID, StudyDate]"},
        {"sources.*.issuer.system", "\"urn:oid:1.2.3\""},
        {"sources.*.issuer.accession_system", "\"urn:oid:1.2.4\""},
        {"sources.*.quirks.preset", "azure"},
        {"sources.*.quirks.charset_default", "windows-1252"},
        {"sources.*.quirks.charset_labels.*", "ISO_IR 144"},
        {"sources.*.quirks.charset_query", "GB18030"},
        {"sources.*.quirks.accept", "application/json"},
        {"worklists.*.url", "\"https://ehr.example.org/fhir\""},
        {"worklists.*.credentials.kind", "basic"},
        {"worklists.*.timezone", "America/New_York"},
        {"worklists.*.issuer.system", "\"urn:oid:1.2.3\""},
        {"worklists.*.issuer.accession_system", "\"urn:oid:1.2.4\""},
        {"worklists.*.ae_title_system", "\"urn:oid:1.2.5\""},
        {"worklists.*.categories", "[RAD]"},
        {"viewers.*.study_url", "\"https://viewer.example.org/?s={study_uids}\""},
        {"peers.*.host", "ct1.example.org"},
    };
    if (auto const found = texts.find(k.path); found != texts.end())
        return found->second;
    if (k.form == &forms::readable_file)
        return here + "/deploy/pons.yaml";
    if (k.form != nullptr)
        return "OTHER-TEXT-16-BY";
    settings all;
    std::vector<std::string> titles;
    place p{all,     &all.sources.emplace_back(),           &all.viewers.emplace_back(),  &all.peers.emplace_back(),
            &titles, &all.federation.routes.emplace_back(), &all.worklists.emplace_back()};
    auto const was = print(k, k.at(p));
    auto const type = print_type(k);
    if (type == "true or false")
        return was == "true" ? "false" : "true";
    if (type == "host:port")
        return "\"127.0.0.1:4711\"";
    if (type == "number")
        return "11";
    if (type == "size")
        return "123KiB";
    if (type == "duration")
        return "1234ms";
    return type.substr(type.rfind(' ') + 1);  // the last choice
}

// What must stand beside a key.
std::string company(std::string_view path)
{
    static std::map<std::string_view, std::string> const lines{
        {"sources.*.credentials.kind", "      user: u\n      password: p\n"},
        {"sources.*.credentials.user", "      kind: basic\n      password: p\n"},
        {"sources.*.credentials.password", "      kind: basic\n      user: u\n"},
        {"sources.*.credentials.token", "      kind: bearer\n"},
        {"sources.*.tls.cert_file", "      key_file: " + here + "/CMakeLists.txt\n"},
        {"sources.*.tls.key_file", "      cert_file: " + here + "/CMakeLists.txt\n"},
        {"peers.*.host", "    port: 1\n"},
        {"peers.*.port", "    host: h\n"},
        {"dicom.tls.enabled",
         "    cert_file: " + here + "/CMakeLists.txt\n    key_file: " + here + "/CMakeLists.txt\n"},
        {"dicom.tls.cert_file", "    key_file: " + here + "/CMakeLists.txt\n"},
        {"dicom.tls.key_file", "    cert_file: " + here + "/CMakeLists.txt\n"},
    };
    auto const found = lines.find(path);
    return found == lines.end() ? "" : found->second;
}

// A crosswalk in which only `k` is of interest.
std::string crosswalk_with(key const& k, std::string const& value)
{
    std::string name(k.path.substr(k.path.find('.') + 1));
    bool const file = name == "file";
    bool const pixm = name == "kind" || name == "system";
    std::string text = "crosswalk:\n";
    auto const unless = [&](std::string const& other, std::string const& line) {
        text += name == other ? "" : "  " + other + ": " + line + '\n';
    };
    unless("kind", file ? "file" : pixm ? "pixm" : "fhir");
    if (!file)
        unless("url", "http://127.0.0.1/fhir");
    if (pixm)
        unless("system", "urn:oid:1.2");
    auto const dot = name.find('.');
    if (dot == std::string::npos)
        return text + "  " + name + ": " + value + '\n';
    return text + "  " + name.substr(0, dot) + ":\n      " + name.substr(dot + 1) + ": " + value + '\n' +
           company("sources.*." + name);
}

// A worklist in which only `k` is of interest.
std::string worklist_with(key const& k, std::string const& value)
{
    std::string const name(k.path.substr(std::string_view("worklists.*.").size()));
    auto const unless = [&](std::string const& other, std::string const& line) {
        return name == other ? std::string() : line;
    };
    std::string text = "worklists:\n  w:\n" + unless("url", "    url: http://127.0.0.1/fhir\n") +
                       unless("timezone", "    timezone: Europe/Vienna\n");
    auto const dot = name.find('.');
    if (!name.starts_with("issuer."))
        text += "    issuer: {system: \"urn:oid:1.2\"}\n";
    if (dot == std::string::npos)
        return text + "    " + name + ": " + value + '\n';
    text += "    " + name.substr(0, dot) + ":\n" +
            (name.starts_with("issuer.") ? unless("issuer.system", "      system: \"urn:oid:1.2\"\n") : "");
    return text + "      " + name.substr(dot + 1) + ": " + value + '\n' + company("sources.*." + name);
}

// The smallest file in which only `k` is of interest.
std::string file_with(key const& k, std::string const& value)
{
    std::string const required = k.path.starts_with("sources.") ? std::string(k.path.substr(10)) : "";
    auto const unless = [&](char const* name, char const* line) { return required == name ? "" : std::string(line); };
    bool const web = k.only == source_kind::dicomweb || k.path == "sources.*.kind";
    std::string text = "sources:\n  a:\n";
    if (web)
        text += unless("kind", "    kind: dicomweb\n") + unless("url", "    url: http://127.0.0.1\n");
    else
        text += unless("kind", "    kind: dimse\n") + unless("host", "    host: h\n") +
                unless("port", "    port: 1\n") + unless("called_ae", "    called_ae: A\n");
    constexpr std::string_view peer_tls = "peers.*.tls.";
    if (k.path.starts_with(peer_tls)) {
        std::string const name(k.path.substr(peer_tls.size()));
        text.insert(0, "peers:\n  n:\n    host: h\n    port: 1\n    tls:\n      " + name + ": " + value + "\n" +
                           company("sources.*.tls." + name));
    } else if (k.path.starts_with("viewers.") || k.path.starts_with("peers."))
        text.insert(0, std::string(k.path.substr(0, k.path.find('.'))) + ":\n  n:\n" + company(k.path) + "    " +
                           std::string(k.path.substr(k.path.rfind('.') + 1)) + ": " + value + "\n");
    else if (required == "quirks.charset_labels.*")
        text += "    quirks:\n      charset_labels:\n        ISO_IR 100: " + value + "\n";
    else if (k.path == "dicom.ae_titles.*")
        text += "dicom:\n  ae_titles:\n    n: " + value + "\n";
    else if (k.path.starts_with("federation.routes."))
        text += "federation:\n  routes:\n    n:\n" +
                std::string(k.path.ends_with("sources") ? "      modality: [CT]\n" : "      sources: [a]\n") +
                "      " + std::string(k.path.substr(k.path.rfind('.') + 1)) + ": " + value + "\n";
    else if (k.path.starts_with("crosswalk."))
        text += crosswalk_with(k, value);
    else if (k.path.starts_with("worklists."))
        text += worklist_with(k, value);
    else if (k.path.starts_with("dicom.tls."))
        text += "dicom:\n  tls:\n    " + std::string(k.path.substr(10)) + ": " + value + "\n" + company(k.path);
    else if (required.empty())
        text += std::string(k.path.substr(0, k.path.find('.'))) + ":\n  " +
                std::string(k.path.substr(k.path.find('.') + 1)) + ": " + value + "\n";
    else if (auto const dot = required.find('.'); dot != std::string::npos)
        text += "    " + required.substr(0, dot) + ":\n      " + required.substr(dot + 1) + ": " + value + "\n" +
                company(k.path);
    else
        text += "    " + required + ": " + value + "\n" + (required == "hours" ? "    timezone: UTC\n" : "");
    return text;
}

}  // namespace

TEST_CASE("every key of the table reads its value into its own place")
{
    int walked = 0;
    for (auto const& k : keys()) {
        if (k.at == nullptr)
            continue;
        CAPTURE(std::string(k.path));
        auto const value = other_value(k);
        auto const loaded = load_text(file_with(k, value), "t.yaml");
        for (auto const& d : loaded.diagnostics)
            CHECK_MESSAGE(d.severity == severity::warning, to_string(d));
        REQUIRE(loaded.settings);
        auto all = *loaded.settings;
        place p{all};
        p.source = &all.sources.at(0);
        p.viewer = all.viewers.empty() ? nullptr : &all.viewers.at(0);
        p.peer = all.peers.empty() ? nullptr : &all.peers.at(0);
        p.route = all.federation.routes.empty() ? nullptr : &all.federation.routes.at(0);
        p.worklist = all.worklists.empty() ? nullptr : &all.worklists.at(0);
        p.title = all.dicom.ae_titles.empty() ? nullptr : &all.dicom.ae_titles.begin()->second;
        auto& labels = p.source->quirks.charset_labels;
        p.label = labels.empty() ? nullptr : &labels.begin()->second;
        auto printed = print(k, k.at(p));
        if (!value.starts_with('"') && printed.starts_with('"'))
            printed = printed.substr(1, printed.size() - 2);
        CHECK(printed == value);
        if (k.path != "fhir.default_version")
            CHECK(value != print_default(k));
        ++walked;
    }
    CHECK(walked > 60);
}

TEST_CASE("no two keys share a path or a place")
{
    settings all;
    std::vector<std::string> titles;
    std::string label;
    place p{all,     &all.sources.emplace_back(),           &all.viewers.emplace_back(),   &all.peers.emplace_back(),
            &titles, &all.federation.routes.emplace_back(), &all.worklists.emplace_back(), &label};
    std::set<std::string_view> paths;
    std::set<void const*> places;
    for (auto const& k : keys()) {
        CAPTURE(std::string(k.path));
        CHECK(paths.insert(k.path).second);
        CHECK_FALSE(k.meaning.empty());
        CHECK_FALSE(k.meaning.ends_with('.'));
        CHECK((k.at != nullptr || k.enter != nullptr));
        if (k.at != nullptr)
            CHECK(places.insert(std::visit([](auto* at) -> void const* { return at; }, k.at(p))).second);
    }
}

TEST_CASE("docs/configuration.md holds the table that pons check --keys prints")
{
    auto const page = read_all(here + "/docs/configuration.md");
    std::string const begin = "<!-- keys: begin -->\n";
    auto const from = page.find(begin);
    auto const to = page.find("<!-- keys: end -->");
    REQUIRE(from != std::string::npos);
    REQUIRE(to != std::string::npos);
    CHECK_MESSAGE(page.substr(from + begin.size(), to - from - begin.size()) == keys_as_markdown(),
                  "put the output of `pons check --keys` between the markers");
}

TEST_CASE("the example file is accepted, without a warning")
{
    setenv("PONS_PAGING_KEY", "0123456789abcdef", 1);
    setenv("PONS_WEB_PASSWORD", "hunter2", 1);
    auto const loaded = load(here + "/deploy/pons.yaml");
    for (auto const& d : loaded.diagnostics)
        FAIL_CHECK(to_string(d));
    REQUIRE(loaded.settings);
    CHECK(loaded.settings->paging.key == "0123456789abcdef");
    REQUIRE(loaded.settings->sources.size() == 2);
    CHECK(loaded.settings->sources[1].credentials.password == "hunter2");

    auto const shown = as_yaml(effective(loaded));
    CHECK(shown.find("hunter2") == std::string::npos);
    CHECK(shown.find("0123456789abcdef") == std::string::npos);
    CHECK(shown.find("      password: \"********\"\n") != std::string::npos);
    CHECK(shown.find("      relational: true  # preset orthanc\n") != std::string::npos);
    CHECK(shown.find("    port: 4242\n") != std::string::npos);
}

TEST_CASE("the effective settings are a configuration of the same meaning")
{
    char const* const file = R"(
http: { listen: "127.0.0.1:9000" }
dicom: { ae_titles: { "A B": [web] } }
sources:
  web: { kind: dicomweb, url: "http://127.0.0.1:8042/dicom-web", quirks: { preset: orthanc, offset: false, charset_labels: { ISO_IR 100: ISO_IR 144, ISO 2022 IR 101: windows-1250 } } }
peers: { "CT.1": { host: "::1", port: 104 } }
)";
    auto const loaded = load_text(file, "t.yaml");
    REQUIRE(loaded.settings);
    auto const once = as_yaml(effective(loaded));
    // Each quirk says where it comes from.
    for (auto const* const line : {"      preset: orthanc  # line 5\n", "      offset: false  # line 5\n",
                                   "        \"ISO_IR 100\": \"ISO_IR 144\"  # line 5\n",
                                   "      relational: true  # preset orthanc\n", "      wildcards: true  # default\n",
                                   "      max_results: 0  # default\n", "      query_encoding: strict  # default\n"})
        CHECK_MESSAGE(once.find(line) != std::string::npos, line);
    CHECK(once.find("universal") == std::string::npos);  // of DIMSE only
    CHECK(once.find("public_url: \"http://127.0.0.1:9000\"  # derived\n") != std::string::npos);
    auto const again = load_text(once, "again.yaml");
    for (auto const& d : again.diagnostics)
        FAIL_CHECK(to_string(d));
    auto const plain = [](std::string const& text) {
        std::istringstream in(text);
        std::string out;
        for (std::string line; std::getline(in, line);)
            out += line.substr(0, line.find("  # ")) + '\n';
        return out;
    };
    REQUIRE(again.settings);
    CHECK(plain(as_yaml(effective(again))) == plain(once));
}

TEST_CASE("sources stand in the order that federation.order says, the rest as in the file")
{
    auto const file = [](std::string const& order) {
        std::string text = order + "sources:\n";
        for (auto const* const name : {"c", "a", "d", "b"})
            text += "  " + std::string(name) + ": {kind: dicomweb, url: http://127.0.0.1/rs}\n";
        return text;
    };
    auto const names = [](std::string const& text) {
        auto const loaded = load_text(text, "f");
        REQUIRE(loaded.settings);
        std::string all;
        for (auto const& s : loaded.settings->sources)
            all += s.name;
        return all;
    };
    CHECK(names(file("")) == "cadb");
    CHECK(names(file("federation: {order: [a, b, c, d]}\n")) == "abcd");
    CHECK(names(file("federation: {order: [b, a]}\n")) == "bacd");
}

TEST_CASE("what came from the environment is not shown")
{
    setenv("PONS_TEST_HOST", "10.9.8.7", 1);
    auto const loaded =
        load_text("sources: {a: {kind: dimse, host: \"${env:PONS_TEST_HOST}\", port: 1, called_ae: A}}", "t.yaml");
    REQUIRE(loaded.settings);
    CHECK(loaded.settings->sources[0].host == "10.9.8.7");
    CHECK(as_yaml(effective(loaded)).find("10.9.8.7") == std::string::npos);
}
