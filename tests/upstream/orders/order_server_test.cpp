#include "upstream/orders/order_server.hpp"

#include "tests/support/http_stub.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace pons;
using namespace pons::upstream;
using namespace pons::upstream::orders;
using namespace pons::test;
using namespace std::chrono_literals;
using mapping::match_key;
using mapping::operator""_vr;
namespace tags = mapping::tags;

namespace {

constexpr std::string_view json_type = "Content-Type: application/fhir+json\r\n";

http_reply fhir(std::string_view body)
{
    return answer(200, body, json_type);
}

std::string an_order(std::string const& id, std::string const& patient, std::string const& more = {})
{
    return R"({"resource":{"resourceType":"ServiceRequest","id":")" + id +
           R"(","status":"active","intent":"order","category":[{"coding":[{"code":"RAD"}]}],"subject":{"reference":)" +
           "\"" + patient + "\"}" + more + "}}";
}

std::string a_patient(std::string const& id)
{
    return R"({"resource":{"resourceType":"Patient","id":")" + id +
           R"(","identifier":[{"system":"urn:oid:1","value":"P-)" + id + R"("}]}})";
}

std::string bundle(std::vector<std::string> const& entries, std::string const& more = {})
{
    std::string all;
    for (auto const& each : entries)
        all.append(all.empty() ? "" : ",").append(each);
    return R"({"resourceType":"Bundle","type":"searchset")" + more + R"(,"entry":[)" + all + "]}";
}

std::string next(std::string const& url)
{
    return R"(,"link":[{"relation":"next","url":")" + url + "\"}]";
}

struct collected final : row_sink {
    std::vector<mapping::data_set> rows;
    void row(mapping::data_set&& one) override { rows.push_back(std::move(one)); }
};

struct asked {
    asio::io_context on;
    std::function<http_reply(std::string const& target)> answers;
    http_stub server{on, [this](http_request const& request) { return answers(request.target); }};
    config::order_server settings;
    collected told;
    std::shared_ptr<order_server> made;

    asked()
    {
        settings.name = "ehr";
        settings.url = server.url();
        settings.timezone = "UTC";
        settings.issuer.system = "urn:oid:1";
        settings.categories = {"RAD"};
        settings.timeout = 20s;
    }

    order_server& at()
    {
        if (!made)
            made = make_order_server(settings, std::make_shared<budget>("ehr", as_source(settings).limits),
                                     mapping::codecs::find_zone(settings.timezone).value());
        return *made;
    }

    result<found> find(std::vector<match_key> const& keys = {}, std::uint32_t max_rows = 0)
    {
        mapping::data_set const identifier;
        worklist_query const query{
            .identifier = identifier, .keys = keys, .charset = "ISO_IR 192", .max_rows = max_rows};
        told.rows.clear();
        return run_on(on, at().find(query, told, clock::now() + 20s));
    }

    std::string ids() const
    {
        std::string all;
        for (auto const& row : told.rows)
            all.append(all.empty() ? "" : " ").append(row.text(tags::PatientID));
        return all;
    }
};

bool is_whole(found const& how)
{
    return !how.truncated && how.issues.empty();
}

}  // namespace

TEST_CASE("all pages of a server of orders are told, each order once")
{
    asked ehr;
    ehr.answers = [&](std::string const& target) {
        if (target.find("page=2") != std::string::npos)
            return fhir(bundle({an_order("2", "Patient/b"), an_order("3", "Patient/c"), a_patient("b"), a_patient("c")},
                               R"(,"total":3)"));
        return fhir(bundle({an_order("1", "Patient/a"), an_order("2", "Patient/b"), a_patient("a"), a_patient("b")},
                           next(ehr.server.url() + "?page=2")));
    };
    auto const how = ehr.find();
    REQUIRE(how);
    CHECK(is_whole(*how));
    CHECK(ehr.ids() == "P-a P-b P-c");
    CHECK(ehr.server.requests().size() == 2);
}

TEST_CASE("a page may be empty, and another one follow")
{
    asked ehr;
    unsigned asked_for = 0;
    ehr.answers = [&](std::string const&) {
        ++asked_for;
        return asked_for < 3 ? fhir(bundle({}, next("?page=" + std::to_string(asked_for))))
                             : fhir(bundle({an_order("1", "Patient/a"), a_patient("a")}));
    };
    auto const how = ehr.find();
    REQUIRE(how);
    CHECK(is_whole(*how));
    CHECK(ehr.ids() == "P-a");

    ehr.answers = [](std::string const&) { return fhir(bundle({}, next("?page=1"))); };
    auto const circle = ehr.find();
    REQUIRE(circle);
    CHECK_FALSE(is_whole(*circle));
}

TEST_CASE("what a server ignores of the question is dropped")
{
    asked ehr;
    ehr.answers = [](std::string const&) {
        auto const done = an_order("2", "Patient/a");
        auto const lab = an_order("3", "Patient/a");
        return fhir(bundle({an_order("1", "Patient/a"), std::string(done).replace(done.find("active"), 6, "revoked"),
                            std::string(lab).replace(lab.find("RAD"), 3, "LAB"), a_patient("a")}));
    };
    auto const how = ehr.find();
    REQUIRE(how);
    CHECK(is_whole(*how));
    CHECK(ehr.ids() == "P-a");
}

TEST_CASE("patients and stations that were not included are asked for")
{
    asked ehr;
    ehr.settings.ae_title_system = "urn:ae";
    ehr.answers = [](std::string const& target) {
        if (target.find("/Patient?_id=a,b&_count=2") != std::string::npos)
            return fhir(bundle({a_patient("a"), a_patient("b")}));
        if (target.find("/Device?_id=d&_count=1") != std::string::npos)
            return fhir(bundle({R"({"resource":{"resourceType":"Device","id":"d","identifier":[{"system":"urn:ae",
                "value":"CT1"}]}})"}));
        return fhir(bundle({an_order("1", "Patient/a", R"(,"performer":[{"reference":"Device/d"}])"),
                            an_order("2", "Patient/b"), an_order("3", "Patient/a")}));
    };
    auto const how = ehr.find();
    REQUIRE(how);
    CHECK(is_whole(*how));
    CHECK(ehr.ids() == "P-a P-b P-a");
    auto const& step = ehr.told.rows.front().items(mapping::tag{0x00400100}).front();
    CHECK(step.text(mapping::tag{0x00400001}) == "CT1");
}

TEST_CASE("what may be missing is told")
{
    struct {
        char const* name;
        std::string page;
        std::string others;
        std::uint32_t max_rows;
        char const* ids;
        bool truncated;
    } const cases[] = {
        {"a patient who cannot be had",
         bundle({an_order("1", "Patient/a"), an_order("2", "Patient/b"), a_patient("b")}), bundle({}), 0, "P-b", false},
        {"a patient of another server", bundle({an_order("1", "https://other.example/fhir/Patient/a")}), bundle({}), 0,
         "", false},
        {"more than allowed",
         bundle({an_order("1", "Patient/a"), an_order("2", "Patient/a"), a_patient("a")}),
         {},
         1,
         "P-a",
         true},
        {"the server counts more",
         bundle({an_order("1", "Patient/a"), a_patient("a")}, R"(,"total":2)"),
         {},
         0,
         "P-a",
         false},
        {"the server says so",
         bundle(
             {an_order("1", "Patient/a"), a_patient("a"),
              R"({"resource":{"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"timeout"}]}})"}),
         {},
         0,
         "P-a",
         false},
        {"pages that go round",
         bundle({an_order("1", "Patient/a"), a_patient("a")}, next("?page=2")),
         {},
         0,
         "P-a",
         false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        asked ehr;
        ehr.answers = [&](std::string const& target) {
            return fhir(target.find("/Patient?") != std::string::npos ? c.others : c.page);
        };
        auto const how = ehr.find({}, c.max_rows);
        REQUIRE(how);
        CHECK(how->truncated == c.truncated);
        CHECK(is_whole(*how) == false);
        CHECK(ehr.ids() == c.ids);
        CHECK(ehr.server.requests().size() < 5);
    }
}

TEST_CASE("a server of orders that fails is a failure, never a shorter list")
{
    struct {
        char const* name;
        http_reply reply;
        errc code;
    } const cases[] = {
        {"not let in", answer(401), errc::unauthorized},
        {"not there", answer(404), errc::refused},
        {"busy", answer(503), errc::overloaded},
        {"no FHIR", fhir("<html>"), errc::malformed},
        {"a link elsewhere",
         fhir(bundle({an_order("1", "Patient/a"), a_patient("a")}, next("https://elsewhere.example/fhir?page=2"))),
         errc::malformed},
        {"broken off", {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", .close = true}, errc::aborted},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        asked ehr;
        ehr.answers = [&](std::string const&) { return c.reply; };
        auto const how = ehr.find();
        REQUIRE_FALSE(how);
        CHECK(how.error().code == c.code);
        CHECK(how.error().where.starts_with("source ehr: "));
    }
    asked ehr;  // the second page
    ehr.answers = [&](std::string const& target) {
        return target.find("page=2") != std::string::npos
                   ? answer(500)
                   : fhir(bundle({an_order("1", "Patient/a"), a_patient("a")}, next("?page=2")));
    };
    CHECK(ehr.find().error().code == errc::refused);
}

TEST_CASE("a Patient ID is asked for by the Patients who have it")
{
    std::vector<match_key> const key{{.path = {tags::PatientID}, .as = "LO"_vr, .values = {"P-a"}}};
    struct {
        char const* name;
        std::string patients;
        char const* pushed;  // null: the orders are not asked for
    } const cases[] = {
        {"one", bundle({a_patient("a")}), "&subject=Patient/a&"},
        {"two", bundle({a_patient("a"), a_patient("b")}), "&subject=Patient/a,Patient/b&"},
        {"nobody", bundle({}), nullptr},
        {"more than are told", bundle({a_patient("a")}, next("?page=2")), "RAD&_include"},
        {"more than are counted", bundle({a_patient("a")}, R"(,"total":2)"), "RAD&_include"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        asked ehr;
        std::string orders;
        ehr.answers = [&](std::string const& target) {
            if (target.find("/Patient?identifier=urn:oid:1%7CP-a&") != std::string::npos)
                return fhir(c.patients);
            orders = target;
            return fhir(bundle({an_order("1", "Patient/a"), a_patient("a")}));
        };
        auto const how = ehr.find(key);
        REQUIRE(how);
        CHECK(is_whole(*how));
        CHECK(ehr.ids() == (c.pushed ? "P-a" : ""));
        CHECK(orders.empty() == (c.pushed == nullptr));
        if (c.pushed)
            CHECK(orders.find(c.pushed) != std::string::npos);
    }
    asked ehr;  // a failure is none
    ehr.answers = [](std::string const& target) {
        return target.find("/Patient?") != std::string::npos ? answer(500) : fhir(bundle({}));
    };
    CHECK_FALSE(ehr.find(key));
}

TEST_CASE("of whom a server does not tell nothing is known, but for patients")
{
    asked ehr;
    ehr.answers = [](std::string const& target) {
        if (target.find("/PractitionerRole?_id=r") != std::string::npos)
            return fhir(bundle({R"({"resource":{"resourceType":"PractitionerRole","id":"r",
                "practitioner":{"reference":"Practitioner/d"}}})"}));
        if (target.find("/Practitioner?_id=d") != std::string::npos)
            return answer(403);
        return fhir(
            bundle({an_order("1", "Patient/a", R"(,"requester":{"reference":"PractitionerRole/r","display":"Dr. A"})"),
                    a_patient("a")}));
    };
    auto const how = ehr.find();
    REQUIRE(how);
    CHECK(is_whole(*how));
    REQUIRE(ehr.told.rows.size() == 1);
    CHECK(ehr.told.rows.front().text(mapping::tag{0x00321032}) == "Dr. A");
    CHECK(ehr.server.requests().size() == 3);
}

TEST_CASE("a server of orders is believed by its certificate only")
{
    asked ehr;
    ehr.answers = [](std::string const&) { return fhir(bundle({an_order("1", "Patient/a"), a_patient("a")})); };
    certificate const good("localhost");
    certificate const another("localhost");
    http_stub secure(
        ehr.on, [&](http_request const& request) { return ehr.answers(request.target); }, &good);
    ehr.settings.url = secure.url("localhost");
    ehr.settings.tls.ca_file = another.cert_file;
    auto const how = ehr.find();
    REQUIRE_FALSE(how);
    CHECK(how.error().code == errc::unauthorized);
    CHECK(secure.requests().empty());
    ehr.made.reset();
    ehr.settings.tls.ca_file = good.cert_file;
    CHECK(ehr.find());
    CHECK(ehr.ids() == "P-a");
}

TEST_CASE("readiness is told by the CapabilityStatement")
{
    asked ehr;
    ehr.answers = [](std::string const& target) {
        return target.find("/metadata") != std::string::npos ? fhir(R"({"resourceType":"CapabilityStatement"})")
                                                             : answer(500);
    };
    auto const verify = [&] { return run_on(ehr.on, ehr.at().verify(clock::now() + 20s)); };
    CHECK(verify());
    ehr.answers = [](std::string const&) { return fhir(R"({"resourceType":"Patient"})"); };
    CHECK(verify().error().code == errc::malformed);
    ehr.answers = [](std::string const&) { return answer(403); };
    CHECK(verify().error().code == errc::unauthorized);
}

TEST_CASE("pons doctor tells how far the way to a server of orders goes")
{
    struct {
        char const* name;
        http_reply reply;
        bool well;
        char const* last;
        char const* words;
    } const cases[] = {
        {"well", fhir(bundle({an_order("1", "Patient/a")})), true, "ServiceRequest find", "A search works."},
        {"no orders", fhir(bundle({})), true, "ServiceRequest find", "no active order"},
        {"it searches by nothing",
         fhir(bundle({R"({"resource":{"resourceType":"ServiceRequest","id":"1","status":"draft"}})"})), true,
         "ServiceRequest find", "does not search by status"},
        {"not let in", answer(401), false, "ServiceRequest find", "status 401"},
        {"another path", answer(404), false, "ServiceRequest find", "status 404"},
        {"a log-in page", answer(200, "<html>", "Content-Type: text/html\r\n"), false, "ServiceRequest find",
         "web page"},
        {"no FHIR", fhir("[]"), false, "ServiceRequest find", "not what FHIR says"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        asked ehr;
        ehr.answers = [&](std::string const&) { return c.reply; };
        auto const stages = run_on(ehr.on, diagnose_orders(ehr.settings, clock::now() + 20s));
        REQUIRE(stages.size() == 4);
        CHECK(stages.back().ok == c.well);
        CHECK(stages.back().name == c.last);
        CHECK(stages.back().text.find(c.words) != std::string::npos);
        CHECK(stages.back().advice.empty() == (c.well && std::string_view(c.words) != "does not search by status"));
    }
    asked ehr;
    ehr.settings.url = "http://no-such-host.invalid/fhir";
    auto const stages = run_on(ehr.on, diagnose_orders(ehr.settings, clock::now() + 20s));
    REQUIRE(stages.size() == 1);
    CHECK(stages.back().at == step::name);
}
