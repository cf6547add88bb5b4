#include "proxy/http/router.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace pons::proxy::http;

namespace {

route row(std::vector<verb> verbs, std::string pattern)
{
    return {.verbs = std::move(verbs), .pattern = pattern, .name = pattern, .handler = {}};
}

router const& table()
{
    static router const routes({
        row({verb::get}, "/"),
        row({verb::get}, "/fhir/{version}/ImagingStudy"),
        row({verb::get}, "/fhir/{version}/ImagingStudy/{id}"),
        row({verb::get}, "/fhir/ImagingStudy/{id}"),
        row({verb::post}, "/fhir/ImagingStudy/_search"),
        row({verb::get}, "/fhir/ImagingStudy"),
        row({verb::post}, "/fhir/ImagingStudy"),
        row({verb::get}, "/fhir/metadata"),
        row({verb::get}, "/fhir/{version}"),
    });
    return routes;
}

}  // namespace

TEST_CASE("paths lead to the most literal row")
{
    struct {
        verb method;
        char const* path;
        unsigned status;
        char const* name;
        std::vector<std::string> parameters;
    } const cases[] = {
        {verb::get, "/", 200, "/", {}},
        {verb::head, "/fhir/metadata", 200, "/fhir/metadata", {}},
        {verb::get, "/fhir/metadata/", 200, "/fhir/metadata", {}},
        {verb::get, "/fhir/r4", 200, "/fhir/{version}", {"r4"}},
        {verb::get, "/fhir/r4/ImagingStudy/1.2.3", 200, "/fhir/{version}/ImagingStudy/{id}", {"r4", "1.2.3"}},
        {verb::get, "/fhir/ImagingStudy/1.2.3", 200, "/fhir/ImagingStudy/{id}", {"1.2.3"}},
        {verb::get, "/fhir/%49magingStudy/a%20b", 200, "/fhir/ImagingStudy/{id}", {"a b"}},
        {verb::post, "/fhir/ImagingStudy/_search", 200, "/fhir/ImagingStudy/_search", {}},
        {verb::get, "/fhir/ImagingStudy/_search", 405, "/fhir/ImagingStudy/_search", {}},
        {verb::post, "/fhir/ImagingStudy", 200, "/fhir/ImagingStudy", {}},
        {verb::put, "/fhir/ImagingStudy", 405, "/fhir/ImagingStudy", {}},
        {verb::unknown, "/fhir/ImagingStudy", 405, "/fhir/ImagingStudy", {}},
        {verb::options, "/fhir/ImagingStudy", 204, "/fhir/ImagingStudy", {}},
        {verb::get, "/fhir", 404, nullptr, {}},
        {verb::get, "/fhir//ImagingStudy", 404, nullptr, {}},
        {verb::get, "/FHIR/metadata", 404, nullptr, {}},
        {verb::options, "/nothing", 404, nullptr, {}},
        {verb::get, "/fhir/ImagingStudy/%zz", 400, nullptr, {}},
        {verb::get, "/fhir/ImagingStudy/%00", 400, nullptr, {}},
        {verb::get, "/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8", 404, nullptr, {}},
        {verb::options, "*", 204, nullptr, {}},
    };
    for (auto const& c : cases) {
        CAPTURE(c.path);
        auto const found = table().find(c.method, c.path);
        CHECK(static_cast<unsigned>(found.status) == c.status);
        CHECK((found.row != nullptr) == (c.name != nullptr));
        if (found.row != nullptr && c.name != nullptr)
            CHECK(found.row->name == c.name);
        CHECK(found.parameters == c.parameters);
    }
    CHECK(table().find(verb::put, "/fhir/ImagingStudy").allow == "GET, HEAD, POST, OPTIONS");
    CHECK(table().find(verb::options, "*").allow == "GET, HEAD, POST, OPTIONS");
}

TEST_CASE("a table with a mistake is not taken")
{
    for (auto const* pattern : {"", "fhir", "/fhir/", "/a//b", "/{", "/a{b}", "/{}", "/a%20"}) {
        CAPTURE(pattern);
        CHECK_THROWS_AS(router({row({verb::get}, pattern)}), std::invalid_argument);
    }
    CHECK_THROWS_AS(router({row({}, "/a")}), std::invalid_argument);
    CHECK_THROWS_AS(router({row({verb::get}, "/{a}"), row({verb::get}, "/{b}")}), std::invalid_argument);
}
