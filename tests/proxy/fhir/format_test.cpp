#include "proxy/fhir/format.hpp"

#include "mapping/errc.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::proxy;
using mapping::fhir::format;

namespace {

http::request asking(std::string query, std::string accept)
{
    http::request req;
    req.query = std::move(query);
    if (!accept.empty())
        req.headers.emplace_back("Accept", std::move(accept));
    return req;
}

constexpr auto fhir_json = "application/fhir+json; charset=utf-8";
constexpr auto fhir_xml = "application/fhir+xml; charset=utf-8";

}  // namespace

TEST_CASE("Accept chooses the format")
{
    struct {
        char const* accept;
        format as;
        char const* content_type;
    } const cases[] = {
        {"", format::json, fhir_json},
        {"*/*", format::json, fhir_json},
        {"application/*", format::json, fhir_json},
        {"application/fhir+json", format::json, fhir_json},
        {"application/fhir+xml", format::xml, fhir_xml},
        {"Application/FHIR+XML", format::xml, fhir_xml},
        {"application/json", format::json, "application/json; charset=utf-8"},
        {"application/xml", format::xml, "application/xml; charset=utf-8"},
        {"text/xml", format::xml, "text/xml; charset=utf-8"},
        {"text/json", format::json, "text/json; charset=utf-8"},
        {"application/xml+fhir", format::xml, "application/xml+fhir; charset=utf-8"},
        {"application/fhir+json;q=0.5, application/fhir+xml", format::xml, fhir_xml},
        {"application/fhir+json;q=0, */*", format::xml, fhir_xml},
        {"text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", format::xml,
         "application/xml; charset=utf-8"},
        {"application/fhir+xml; fhirVersion=4.0", format::xml, fhir_xml},
        {"application/fhir+json; fhirVersion=4.0.1", format::json, fhir_json},
        {"application/fhir+json; fhirVersion=5.0, application/fhir+json; fhirVersion=4.0; q=0.1", format::json,
         fhir_json},
        {"application/fhir+json; charset=UTF-8", format::json, fhir_json},
        {"no media type", format::json, fhir_json},
    };
    for (auto const& c : cases) {
        CAPTURE(c.accept);
        auto const chosen = fhir::negotiate(asking("patient=1", c.accept));
        REQUIRE(chosen);
        CHECK(chosen->as == c.as);
        CHECK(chosen->content_type == c.content_type);
        CHECK_FALSE(chosen->pretty);
    }
}

TEST_CASE("_format goes before Accept")
{
    struct {
        char const* query;
        format as;
    } const cases[] = {
        {"_format=json", format::json},
        {"_format=xml", format::xml},
        {"_format=XML", format::xml},
        {"_format=application/json", format::json},
        {"_format=text/json", format::json},
        {"_format=text/xml", format::xml},
        {"_format=application/xml", format::xml},
        {"_format=application/fhir%2Bxml", format::xml},
        {"_format=application/fhir+xml", format::xml},  // "+" is a space in a query
        {"_format=application/fhir+json", format::json},
        {"_format=application%2Ffhir%2Bjson%3B%20fhirVersion%3D4.0", format::json},
        {"_format=application/xml%2Bfhir", format::xml},
        {"_format=application/json%2Bfhir", format::json},
        {"_format=", format::json},
    };
    for (auto const& c : cases) {
        CAPTURE(c.query);
        auto const other = c.as == format::json ? "application/fhir+xml;q=0.1, */*" : "application/fhir+json";
        auto const chosen = fhir::negotiate(asking(c.query, other));
        REQUIRE(chosen);
        CHECK(chosen->as == c.as);
    }
}

TEST_CASE("what we do not write is 406")
{
    struct {
        char const* query;
        char const* accept;
        char const* where;
    } const cases[] = {
        {"", "text/html", "Accept"},
        {"", "text/turtle, application/fhir+turtle", "Accept"},
        {"", "application/fhir+json; fhirVersion=5.0", "Accept"},
        {"", "application/fhir+json;q=0", "Accept"},
        {"_format=ttl", "*/*", "_format"},
        {"_format=turtle", "", "_format"},
        {"_format=html", "", "_format"},
        {"_format=application/fhir%2Bjson%3BfhirVersion%3D5.0", "", "_format"},
        {"_format=jsonx", "", "_format"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.query);
        CAPTURE(c.accept);
        auto const chosen = fhir::negotiate(asking(c.query, c.accept));
        REQUIRE_FALSE(chosen);
        CHECK(chosen.error().code == mapping::errc::not_acceptable);
        CHECK(chosen.error().where == std::string(c.where) + "; JSON and XML can be given");
        CHECK(fhir::negotiate_or_json(asking(c.query, c.accept)).as == format::json);
    }
}

TEST_CASE("a form may say the format, and pretty is for people")
{
    http::request req;
    req.method = http::verb::post;
    req.body = "patient=1&_format=xml&_pretty=true";
    CHECK(fhir::negotiate(req)->as == format::json);  // not said to be a form
    req.headers.emplace_back("Content-Type", "Application/X-WWW-Form-Urlencoded ; charset=utf-8");
    auto const chosen = fhir::negotiate(req);
    REQUIRE(chosen);
    CHECK(chosen->as == format::xml);
    CHECK(chosen->pretty);
    CHECK_FALSE(fhir::negotiate(asking("_pretty=false", ""))->pretty);
    CHECK(fhir::negotiate(asking("_pretty=true", ""))->pretty);
}
