#include "proxy/http/accept.hpp"

#include <doctest/doctest.h>

using namespace pons::proxy::http;

TEST_CASE("Accept is read, in its order")
{
    auto const ranges = parse_accept("text/html, Application/FHIR+json;FhirVersion=\"4.0\";q=0.5;ext=1 , */*;q=0");
    REQUIRE(ranges.size() == 3);
    CHECK(ranges[0] == media_range{"text", "html", {}, 1000});
    CHECK(ranges[1] == media_range{"application", "fhir+json", {{"fhirversion", "4.0"}}, 500});
    CHECK(ranges[2] == media_range{"*", "*", {}, 0});
}

TEST_CASE("q-values as they come")
{
    struct {
        char const* q;
        int thousandths;
    } const cases[] = {{"1", 1000},      {"1.000", 1000}, {"0", 0},     {"0.", 0},     {"0.001", 1}, {".2", 200},
                       {"0.12345", 123}, {"2", 1000},     {"-1", 1000}, {"abc", 1000}, {"", 1000},   {"0.1.2", 1000}};
    for (auto const& c : cases) {
        CAPTURE(c.q);
        auto const ranges = parse_accept(std::string("a/b;q=") + c.q);
        REQUIRE(ranges.size() == 1);
        CHECK(ranges[0].q == c.thousandths);
    }
}

TEST_CASE("what cannot be read in Accept is passed over")
{
    for (auto const* header : {"", ",", ";q=1", "text", "*/json", "a/b/c", "/", "a b/c", "\"", "a/\"b"}) {
        CAPTURE(header);
        CHECK(parse_accept(header).empty());
    }
    CHECK(parse_accept("?, text/plain").size() == 1);
    std::string many;
    for (int i = 0; i < 1000; ++i)
        many += "a/b,";
    CHECK(parse_accept(many).size() == 64);
}

TEST_CASE("the best offer is chosen")
{
    constexpr std::string_view offers[] = {"application/fhir+json; fhirVersion=4.0",
                                           "application/fhir+xml; fhirVersion=4.0", "text/html"};
    struct {
        char const* accept;
        int offer;
    } const cases[] = {
        {"", 0},
        {"*/*", 0},
        {"application/fhir+xml", 1},
        {"application/fhir+xml;q=0.5, application/fhir+json;q=0.4", 1},
        {"application/fhir+xml;q=0.5, application/*", 0},
        {"application/*;q=0.5, text/html", 2},
        {"application/fhir+json;q=0, */*", 1},
        {"application/fhir+json; charset=UTF-8", 0},
        {"application/fhir+json; charset=latin1", -1},
        {"application/fhir+xml; fhirVersion=4.0", 1},
        {"application/fhir+xml; fhirVersion=5.0", -1},
        {"application/fhir+xml; fhirVersion=5.0, application/fhir+json;q=0.1", 0},
        {"text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", 2},
        {"image/png", -1},
        {"*/*;q=0", -1},
        {"nonsense", 0},
    };
    for (auto const& c : cases) {
        CAPTURE(c.accept);
        auto const chosen = choose(parse_accept(c.accept), offers);
        CHECK(chosen.has_value() == (c.offer >= 0));
        if (chosen)
            CHECK(static_cast<int>(*chosen) == c.offer);
    }
    CHECK(quality(parse_accept("a/b"), "no media type") == 0);
}

TEST_CASE("gzip is used only when asked for")
{
    struct {
        char const* header;
        bool gzip;
    } const cases[] = {{"", false},
                       {"gzip", true},
                       {"GZIP", true},
                       {"x-gzip", true},
                       {"br, gzip;q=0.1", true},
                       {"gzip;q=0", false},
                       {"gzip;q=0, *", false},
                       {"*", true},
                       {"*;q=0", false},
                       {"identity", false},
                       {"identity, gzip;q=0.5", false},
                       {"identity;q=0.5, gzip", true},
                       {"deflate", false},
                       {"gzip;q=0.000", false},
                       {"\"gzip\"", false}};
    for (auto const& c : cases) {
        CAPTURE(c.header);
        CHECK(accepts_gzip(c.header) == c.gzip);
    }
}

TEST_CASE("preferences are found by name")
{
    struct {
        char const* header;
        char const* name;
        char const* value;
    } const cases[] = {
        {"handling=strict", "handling", "strict"},
        {"return=minimal, Handling = \"lenient\"; x=y", "handling", "lenient"},
        {"handling=strict, handling=lenient", "handling", "strict"},
        {"respond-async", "respond-async", ""},
        {"return=minimal; handling=strict", "handling", nullptr},
        {"a=\"x, handling=strict\"", "handling", nullptr},
        {"a=\"\\\"q\\\"\"", "a", "\"q\""},
        {"", "handling", nullptr},
    };
    for (auto const& c : cases) {
        CAPTURE(c.header);
        auto const found = preference(c.header, c.name);
        CHECK(found.has_value() == (c.value != nullptr));
        if (found && c.value != nullptr)
            CHECK(*found == c.value);
    }
}
