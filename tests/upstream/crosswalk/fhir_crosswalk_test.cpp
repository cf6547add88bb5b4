#include "upstream/crosswalk/fhir_crosswalk.hpp"
#include "tests/support/http_stub.hpp"
#include "upstream/crosswalk/errc.hpp"
#include "upstream/crosswalk/fhir_client.hpp"

#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>

#include <map>
#include <optional>

using namespace pons;
using namespace pons::upstream;
using namespace pons::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view json_type = "Content-Type: application/fhir+json\r\n";

http_reply fhir(std::string_view body)
{
    return answer(200, body, json_type);
}

std::string patient(std::string const& id, std::string const& value, std::string const& link_type = {},
                    std::string const& other = {}, bool active = true)
{
    auto text = R"({"resourceType":"Patient","id":")" + id + R"(","active":)" + (active ? "true" : "false") +
                R"(,"identifier":[{"system":"urn:oid:1","value":")" + value + "\"}]";
    if (!link_type.empty())
        text += R"(,"link":[{"type":")" + link_type + R"(","other":{"reference":"Patient/)" + other + "\"}}]";
    return text + "}";
}

std::string bundle(std::vector<std::string> const& all)
{
    std::string text = R"({"resourceType":"Bundle","type":"searchset")";
    for (auto const& one : all)
        text += (&one == &all.front() ? R"(,"entry":[{"resource":)" : R"(,{"resource":)") + one + "}";
    return text + (all.empty() ? "}" : "]}");
}

/// A server of pages by target; what it does not have is 404.
struct asked {
    std::map<std::string, http_reply> pages;
    asio::io_context on;
    http_stub server{on, [this](http_request const& request) {
                         auto const at = pages.find(request.target);
                         return at == pages.end() ? answer(404, R"({"resourceType":"OperationOutcome"})", json_type)
                                                  : at->second;
                     }};
    config::crosswalk settings;
    bool pixm = false;

    asked()
    {
        settings.url = server.url();
        settings.check_identifiers = false;
        settings.timeout = 20s;
    }

    void has(std::string const& target, http_reply page) { pages["/dicom-web" + target] = std::move(page); }

    std::unique_ptr<crosswalk> made() const
    {
        auto const connections = std::make_shared<budget>("crosswalk", as_source(settings).limits);
        return pixm ? make_pixm_crosswalk(settings, connections) : make_fhir_crosswalk(settings, connections);
    }
    result<known_patient> resolve(std::string id, std::chrono::milliseconds time = 20s)
    {
        auto const one = made();
        return run_on(on, one->resolve(std::move(id), clock::now() + time));
    }
    result<void> verify()
    {
        auto const one = made();
        return run_on(on, one->verify(clock::now() + 20s));
    }

    /// The values of the ids with a blank between, or what went wrong.
    std::string values(std::string id)
    {
        auto const found = resolve(std::move(id));
        if (!found)
            return found.error().code.message();
        std::string text;
        for (auto const& one : found->ids)
            text += (text.empty() ? "" : " ") + one.value;
        return text;
    }
};

std::string const ambiguous = make_error_code(crosswalk_errc::ambiguous_patient).message();

}  // namespace

TEST_CASE("links are followed, and each record is asked for once")
{
    asked t;
    t.has("/Patient/1", fhir(patient("1", "M1", "replaced-by", "2")));
    t.has("/Patient/2", fhir(patient("2", "M2", "replaces", "1")));
    CHECK(t.values("1") == "M1 M2");
    CHECK(t.values("2") == "M1 M2");
    CHECK(t.server.requests().size() == 4);
    t.has("/Patient/3", fhir(patient("3", "M3", "replaced-by", "gone")));
    CHECK(t.values("3") == ambiguous);
    t.has("/Patient/4", fhir(patient("4", "M4", "replaces", "gone")));
    CHECK(t.values("4") == "M4");
    CHECK(t.values("5") == make_error_code(crosswalk_errc::unknown_patient).message());
}

TEST_CASE("a chain of links has an end")
{
    asked t;
    for (int i = 0; i < 40; ++i)
        t.has("/Patient/" + std::to_string(i),
              fhir(patient(std::to_string(i), "M", "replaced-by", std::to_string(i + 1))));
    auto const found = t.resolve("0");
    REQUIRE_FALSE(found);
    CHECK(found.error().code == crosswalk_errc::too_large);
    CHECK(t.server.requests().size() <= most_records + 1);
}

TEST_CASE("who else has the identifiers is asked, and must be explained by a link")
{
    asked t;
    t.settings.check_identifiers = true;
    t.has("/Patient/1", fhir(patient("1", "M1")));
    auto const question = [](std::string const& value) {
        return "/Patient?identifier=urn:oid:1%7C" + value + "&_count=17";
    };
    t.has(question("M1"), fhir(bundle({patient("1", "M1")})));
    CHECK(t.values("1") == "M1");

    // The survivor does not name the record that it replaced.
    t.has(question("M1"),
          fhir(bundle({patient("1", "M1"), R"({"resourceType":"Patient","id":"0","active":false,)"
                                           R"("identifier":[{"system":"urn:oid:1","value":"M1"},)"
                                           R"({"system":"urn:oid:1","value":"M0"}],"link":[)"
                                           R"({"type":"replaced-by","other":{"reference":"Patient/1"}}]})"})));
    t.has(question("M0"), fhir(bundle({})));
    CHECK(t.values("1") == "M0 M1");

    t.has(question("M1"), fhir(bundle({patient("1", "M1"), patient("9", "M1")})));
    CHECK(t.values("1") == ambiguous);
    t.has(question("M1"), fhir(bundle({patient("1", "M1"), patient("9", "M1", {}, {}, false)})));
    CHECK(t.values("1") == "M1");
    // A server that ignores what it is asked.
    t.has(question("M1"), fhir(bundle({patient("1", "M1"), patient("9", "M9")})));
    CHECK(t.values("1") == "M1");
    t.has(question("M1"), fhir(R"({"resourceType":"Bundle","link":[{"relation":"next","url":"x"}]})"));
    CHECK(t.resolve("1").error().code == crosswalk_errc::too_large);
    t.pages.erase("/dicom-web" + question("M1"));
    CHECK(t.resolve("1").error().code == crosswalk_errc::refused);
}

TEST_CASE("PIXm asks by the EHR's authority")
{
    asked t;
    t.pixm = true;
    t.settings.system = "urn:oid:9";
    std::string const target = "/Patient/$ihe-pix?sourceIdentifier=urn:oid:9%7C123";
    t.has(target, fhir(R"({"resourceType":"Parameters","parameter":[
        {"name":"targetIdentifier","valueIdentifier":{"system":"urn:oid:1","value":"M1"}},
        {"name":"targetIdentifier","valueIdentifier":{"system":"urn:oid:1","value":"M0"}}]})"));
    CHECK(t.values("123") == "M0 M1 123");
    CHECK(t.values("124") == make_error_code(crosswalk_errc::unknown_patient).message());
    t.has(target, fhir(patient("123", "M1")));
    CHECK(t.resolve("123").error().code == crosswalk_errc::malformed);
}

TEST_CASE("what the server does wrong is told in the crosswalk's words")
{
    struct {
        char const* name;
        http_reply reply;
        crosswalk_errc code;
    } const cases[] = {
        {"another patient", fhir(patient("2", "M1")), crosswalk_errc::malformed},
        {"cut", fhir(patient("1", "M1").substr(0, 30)), crosswalk_errc::malformed},
        {"not HTTP", {.bytes = "220 smtp ready\r\n\r\n", .close = true}, crosswalk_errc::malformed},
        {"hangs up", {.bytes = "", .close = true}, crosswalk_errc::unreachable},
        {"breaks off",
         {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", .close = true},
         crosswalk_errc::unreachable},
        {"401", answer(401), crosswalk_errc::unauthorized},
        {"403", answer(403), crosswalk_errc::unauthorized},
        {"400", answer(400), crosswalk_errc::refused},
        {"500", answer(500), crosswalk_errc::refused},
        {"503", answer(503, {}, "Retry-After: 7\r\n"), crosswalk_errc::unreachable},
        {"504", answer(504), crosswalk_errc::timed_out},
        {"302", answer(302, {}, "Location: /elsewhere\r\n"), crosswalk_errc::refused},
        {"a page for people", answer(404, "<html>", "Content-Type: text/html\r\n"), crosswalk_errc::refused},
        {"gone", answer(410, "{}", json_type), crosswalk_errc::unknown_patient},
        {"an outcome as plain JSON",
         answer(404, R"({"issue":[],"resourceType":"OperationOutcome"})", "Content-Type: application/json\r\n"),
         crosswalk_errc::unknown_patient},
        {"an older FHIR server's name of JSON", answer(404, "{}", "Content-Type: application/json+fhir\r\n"),
         crosswalk_errc::unknown_patient},
        {"an empty 404", answer(404), crosswalk_errc::refused},
        {"an empty 410 of JSON", answer(410, {}, json_type), crosswalk_errc::refused},
        {"plain text", answer(404, "404 page not found", "Content-Type: text/plain\r\n"), crosswalk_errc::refused},
        {"a gateway's JSON", answer(404, R"({"message":"no Route matched"})", "Content-Type: application/json\r\n"),
         crosswalk_errc::refused},
        {"what is no JSON", answer(404, "{", json_type), crosswalk_errc::refused},
        {"a Patient that is not found", answer(404, patient("1", "M1"), "Content-Type: application/json\r\n"),
         crosswalk_errc::refused},
        {"too much", fhir(patient("1", std::string(5 * 1024 * 1024, 'x'))), crosswalk_errc::too_large},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        asked t;
        t.has("/Patient/1", c.reply);
        auto const found = t.resolve("1");
        REQUIRE_FALSE(found);
        CHECK(found.error().code == c.code);
        CHECK(found.error().where.find("source") == std::string::npos);
        CHECK(found.error().where.find("Patient/1") == std::string::npos);
        CHECK((found.error().retry_after == 7s) == (std::string_view(c.name) == "503"));
    }
}

TEST_CASE("PIXm takes no one else's 404 for a patient that is not known")
{
    asked t;
    t.pixm = true;
    t.settings.system = "urn:oid:9";
    t.has("/Patient/$ihe-pix?sourceIdentifier=urn:oid:9%7C123",
          answer(404, "{}", "Content-Type: application/json\r\n"));
    CHECK(t.resolve("123").error().code == crosswalk_errc::refused);
}

TEST_CASE("a server is healthy when it shows its CapabilityStatement")
{
    struct {
        char const* name;
        http_reply reply;
        std::optional<crosswalk_errc> code;
    } const cases[] = {
        {"it does", fhir(R"({"resourceType":"CapabilityStatement"})"), {}},
        {"another order", fhir(R"({"id":"x", "rest":[{}], "resourceType" : "CapabilityStatement"})"), {}},
        {"plain JSON",
         answer(200, R"({"resourceType":"CapabilityStatement"})", "Content-Type: application/json\r\n"),
         {}},
        {"larger than any patient",
         fhir(R"({"resourceType":"CapabilityStatement","text":")" + std::string(5 * 1024 * 1024, 'x') + "\"}"),
         {}},
        {"it has none", answer(404, R"({"resourceType":"OperationOutcome"})", json_type), crosswalk_errc::refused},
        {"gone", answer(410, R"({"resourceType":"OperationOutcome"})", json_type), crosswalk_errc::refused},
        {"a page for people", answer(200, "<html>CapabilityStatement", "Content-Type: text/html\r\n"),
         crosswalk_errc::malformed},
        {"another resource", fhir(patient("1", "M1")), crosswalk_errc::malformed},
        {"something of a gateway", answer(200, R"({"status":"up"})", "Content-Type: application/json\r\n"),
         crosswalk_errc::malformed},
        {"nothing", fhir(""), crosswalk_errc::malformed},
        {"not without credentials", answer(401), crosswalk_errc::unauthorized},
        {"an error", answer(500), crosswalk_errc::refused},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        for (bool const pixm : {false, true}) {
            asked t;
            t.pixm = pixm;
            t.has("/metadata?_summary=true", c.reply);
            auto const healthy = t.verify();
            REQUIRE(healthy.has_value() == !c.code);
            if (c.code)
                CHECK(healthy.error().code == *c.code);
        }
    }
}

TEST_CASE("a silent server is left at the deadline, one that is not there at once")
{
    asked t;
    t.has("/Patient/1", {.bytes = "HTTP/1.1 200 OK\r\n", .silent = true});
    CHECK(t.resolve("1", 1ms).error().code == crosswalk_errc::timed_out);
    t.settings.url = "http://127.0.0.1:1/fhir";
    CHECK(t.resolve("1").error().code == crosswalk_errc::unreachable);
    t.settings.url = "https://127.0.0.1:1/fhir";
    t.settings.tls.ca_file = "/nowhere";
    CHECK(t.resolve("1").error().code == crosswalk_errc::unsupported);
}

TEST_CASE("credentials go along, over TLS if the address says so")
{
    certificate const cert("localhost");
    asio::io_context on;
    http_stub server(
        on, [](http_request const&) { return fhir(patient("1", "M1")); }, &cert);
    config::crosswalk settings;
    settings.url = "https://localhost:" + std::to_string(server.port()) + "/fhir";
    settings.check_identifiers = false;
    settings.credentials = {.kind = config::credentials_kind::bearer, .token = "abc"};
    auto const ask = [&] {
        auto const one =
            make_fhir_crosswalk(settings, std::make_shared<budget>("crosswalk", as_source(settings).limits));
        return run_on(on, one->resolve("1", clock::now() + 20s));
    };
    auto const distrusted = ask();
    REQUIRE_FALSE(distrusted);
    CHECK(distrusted.error().code == crosswalk_errc::unauthorized);
    settings.tls.ca_file = cert.cert_file;
    CHECK(ask().has_value());
    REQUIRE(server.requests().size() == 1);
    CHECK(server.requests()[0].head.find("Authorization: Bearer abc\r\n") != std::string::npos);
    CHECK(server.requests()[0].head.find("Accept: application/fhir+json\r\n") != std::string::npos);
}

TEST_CASE("one who leaves closes the connection")
{
    asked t;
    t.has("/Patient/1", {.bytes = "HTTP/1.1 200 OK\r\n", .silent = true});
    auto const one =
        make_fhir_crosswalk(t.settings, std::make_shared<budget>("crosswalk", as_source(t.settings).limits));
    asio::cancellation_signal leave;
    std::optional<result<known_patient>> how;
    asio::co_spawn(t.on, one->resolve("1", clock::now() + 20s),
                   asio::bind_cancellation_slot(leave.slot(), [&](std::exception_ptr e, auto found) {
                       CHECK_FALSE(e);
                       how.emplace(std::move(found));
                   }));
    while (t.server.requests().empty())
        t.on.run_one();
    leave.emit(asio::cancellation_type::terminal);
    while (!how)
        t.on.run_one();
    REQUIRE_FALSE(*how);
    CHECK(how->error().code == crosswalk_errc::cancelled);
}
