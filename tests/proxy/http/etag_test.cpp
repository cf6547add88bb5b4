#include "proxy/http/etag.hpp"

#include <doctest/doctest.h>

using pons::proxy::http::names_etag;

TEST_CASE("If-None-Match is compared weakly")
{
    struct {
        char const* header;
        char const* etag;
        bool named;
    } const cases[] = {
        {"\"a\"", "\"a\"", true},
        {"W/\"a\"", "\"a\"", true},
        {"\"a\"", "W/\"a\"", true},
        {"W/\"a\"", "W/\"a\"", true},
        {"\"b\", W/\"a\"", "W/\"a\"", true},
        {"\"b\",\"c\"", "W/\"a\"", false},
        {"*", "W/\"a\"", true},
        {" * ", "W/\"a\"", true},
        {"\"*\"", "W/\"a\"", false},
        {"\"x,y\"", "\"x,y\"", true},
        {"\"x,y\"", "\"y\"", false},
        {"\"a", "\"a\"", false},
        {"a", "W/\"a\"", true},
        {"W/a, b", "\"b\"", true},
        {"A", "\"a\"", false},
        {",,", "\"a\"", false},
        {"", "\"a\"", false},
        {"\"\"", "\"\"", true},
        {"*", "", false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.header);
        CAPTURE(c.etag);
        CHECK(names_etag(c.header, c.etag) == c.named);
    }
}
