#include "upstream/orders/order_reader.hpp"

#include "upstream/errc.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::upstream;
using namespace pons::upstream::orders;

namespace {

std::string bundle(std::string const& entries, std::string const& more = {})
{
    return R"({"resourceType":"Bundle","type":"searchset")" + more + R"(,"entry":[)" + entries + "]}";
}

std::string entry(std::string const& resource)
{
    return R"({"fullUrl":"urn:uuid:1","resource":)" + resource + "}";
}

}  // namespace

TEST_CASE("orders are read of R4 and of R5")
{
    auto const r4 = read_orders(bundle(
        entry(R"({"resourceType":"ServiceRequest","id":"1","status":"active","intent":"order","doNotPerform":true,
            "priority":"stat","identifier":[{"system":"s","value":"v","type":{"coding":[{"code":"ACSN"}],"text":"t"}}],
            "category":[{"coding":[{"system":"c","code":"d"}]}],"code":{"coding":[{"code":"x","display":"X"}],"text":"y"},
            "orderDetail":[{"coding":[{"system":"dcm","code":"CT"}]}],"occurrencePeriod":{"start":"2026-01-01"},
            "authoredOn":"2025-12-31","subject":{"reference":"Patient/1"},"requester":{"display":"Dr. A"},
            "performer":[{"reference":"Device/1"},{"identifier":{"system":"ae","value":"CT1"}}],
            "locationCode":[{"text":"Room"}],"locationReference":[{"display":"Hall"}],"reasonCode":[{"text":"why"}],
            "note":[{"text":"n"}],"contained":[{"resourceType":"Patient","id":"in"}]})"),
        R"(,"total":1,"link":[{"relation":"self","url":"a"},{"relation":"next","url":"b"}])"));
    REQUIRE(r4);
    CHECK(r4->next == "b");
    CHECK(r4->total == 1);
    CHECK_FALSE(r4->fails);
    REQUIRE(r4->orders.size() == 1);
    auto const& one = r4->orders.front();
    CHECK(one.do_not_perform);
    CHECK(one.identifiers.front().type.codings.front().code == "ACSN");
    CHECK(one.code.text == "y");
    CHECK(one.details.front().codings.front().code == "CT");
    CHECK(one.start == "2026-01-01");
    CHECK(one.performers.at(1).logical->value == "CT1");
    REQUIRE(one.locations.size() == 2);
    CHECK(one.locations.at(1).text == "Hall");
    CHECK(one.contained.front().id == "in");

    auto const r5 = read_orders(bundle(entry(R"({"resourceType":"ServiceRequest","id":"1",
        "code":{"concept":{"coding":[{"code":"x"}],"text":"y"}},"reason":[{"concept":{"text":"why"}}],
        "location":[{"concept":{"text":"Room"}}],
        "orderDetail":[{"parameter":[{"valueCodeableConcept":{"coding":[{"code":"CT"}]}}]}]})")));
    REQUIRE(r5);
    auto const& other = r5->orders.front();
    CHECK(other.code.text == "y");
    CHECK(other.reasons.front().text == "why");
    CHECK(other.locations.front().text == "Room");
    REQUIRE(other.details.size() == 2);
    CHECK(other.details.at(1).codings.front().code == "CT");
}

TEST_CASE("whom orders refer to is read as well")
{
    auto const page = read_orders(bundle(
        entry(R"({"resourceType":"Patient","id":"1","gender":"male","birthDate":"1970-01-01",
            "name":[{"family":"Doe","given":["J",null],"extension":[{"url":
            "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation","valueCode":"IDE"}]}]})") +
        "," + entry(R"({"resourceType":"Device","id":"2","deviceName":[{"name":"CT","type":"user-friendly-name"}]})") +
        "," + entry(R"({"resourceType":"Organization","id":"3","name":"Ward"})") + "," +
        entry(R"({"resourceType":"PractitionerRole","id":"4","practitioner":{"reference":"Practitioner/5"}})")));
    REQUIRE(page);
    REQUIRE(page->parties.size() == 4);
    CHECK(page->parties[0].names.front().representation == "IDE");
    CHECK(page->parties[0].names.front().given == std::vector<std::string>{"J"});
    CHECK(page->parties[0].full_url == "urn:uuid:1");
    CHECK(page->parties[1].name == "CT");
    CHECK(page->parties[2].name == "Ward");
    CHECK(page->parties[3].practitioner.to == "Practitioner/5");
}

TEST_CASE("an outcome that says that something is missing is heard")
{
    struct {
        char const* issue;
        bool fails;
    } const cases[] = {{R"({"severity":"information","code":"informational"})", false},
                       {R"({"severity":"warning","code":"not-supported"})", false},
                       {R"({"severity":"warning","code":"incomplete"})", true},
                       {R"({"severity":"error","code":"processing"})", true}};
    for (auto const& c : cases) {
        CAPTURE(c.issue);
        auto const page =
            read_orders(bundle(entry(std::string(R"({"resourceType":"OperationOutcome","issue":[)") + c.issue + "]}")));
        REQUIRE(page);
        CHECK(page->fails == c.fails);
        CHECK(page->parties.empty());
    }
}

TEST_CASE("what is not as FHIR has it makes the whole malformed, and says where")
{
    auto const order = [](char const* members) {
        return bundle(entry(std::string(R"({"resourceType":"ServiceRequest","id":"1",)") + members + "}"));
    };
    struct {
        std::string json;
        char const* where;
    } const cases[] = {
        {"", "JSON"},
        {"[]", "JSON"},
        {"{", "JSON"},
        {R"({"resourceType":"OperationOutcome"})", "a resource that is no Bundle"},
        {R"({"resourceType":"Bundle","total":"many"})", "total is no number"},
        {R"({"resourceType":"Bundle","entry":{}})", "entry is no list"},
        {bundle("1"), "entry holds what is no object"},
        {bundle(entry("1")), "resource is no object"},
        {bundle(entry(R"({"resourceType":"ServiceRequest"})")), "ServiceRequest without an id"},
        {order(R"("status":1)"), "status is no text"},
        {order(R"("doNotPerform":"yes")"), "doNotPerform is no boolean"},
        {order(R"("identifier":{})"), "identifier is no list"},
        {order(R"("code":[])"), "code is no object"},
        {order(R"("subject":{"reference":["a"]})"), "reference is no text"},
        {bundle(entry(R"({"resourceType":"Patient","name":[{"given":["a",1]}]})")), "given holds what is no text"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.json);
        auto const page = read_orders(c.json);
        REQUIRE_FALSE(page);
        CHECK(page.error().code == errc::malformed);
        CHECK(page.error().where == c.where);
    }
    std::string many = R"("note":[{})";
    for (std::size_t i = 0; i < most_in_list; ++i)
        many += ",{}";
    auto const page = read_orders(order((many + "]").c_str()));
    REQUIRE_FALSE(page);
    CHECK(page.error().code == errc::too_large);
    std::string deep;
    for (int i = 0; i < 100; ++i)
        deep += R"({"a":)";
    CHECK_FALSE(read_orders(deep));
}
