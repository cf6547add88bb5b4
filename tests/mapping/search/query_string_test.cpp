#include "mapping/search/query_string.hpp"

#include <doctest/doctest.h>

using namespace pons::mapping::search;
using namespace std::string_literals;

TEST_CASE("a query is split and decoded, leniently")
{
    struct {
        std::string name;
        std::string query;
        std::vector<parameter> parameters;
    } const cases[] = {
        {"nothing", "", {}},
        {"one", "a=1", {{"a", "1"}}},
        {"order and repeats stay", "b=2&a=1&b=3", {{"b", "2"}, {"a", "1"}, {"b", "3"}}},
        {"plus is a space", "a=1+2%2B3", {{"a", "1 2+3"}}},
        {"encoded names", "a%3Ab=1", {{"a:b", "1"}}},
        {"raw UTF-8 and bars", "a=ü|x", {{"a", "ü|x"}}},
        {"encoded UTF-8, either case", "a=%c3%BC", {{"a", "ü"}}},
        {"a stray percent stays", "a=100%&b=%4&c=%zz", {{"a", "100%"}, {"b", "%4"}, {"c", "%zz"}}},
        {"an equals sign in the value", "a=b=c", {{"a", "b=c"}}},
        {"no value", "a&b=", {{"a", ""}, {"b", ""}}},
        {"no name", "=1&&a=2&", {{"a", "2"}}},
        {"a NUL byte stays", "a=%00b", {{"a", "\0b"s}}},
        {"bytes that are no UTF-8 stay", "a=%FF", {{"a", "\xFF"}}},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        CHECK(split_query(c.query) == c.parameters);
    }
}

TEST_CASE("what is encoded is read back")
{
    for (auto const& value :
         {"a b&c=d%e+f"s, "ü山😀"s, "system|code,other"s, "\0\x7F\xFF"s, "2024-01-01T10:00:00+01:00"s}) {
        CAPTURE(value);
        auto const encoded = encode_query_value(value);
        CHECK(encoded.find_first_of("&+ #%=\n") == encoded.find('%'));
        CHECK(split_query("a=" + encoded) == std::vector<parameter>{{"a", value}});
    }
    CHECK(encode_query_value("http://x/y|1.2,3-4_5~6") == "http://x/y%7C1.2,3-4_5~6");
}

TEST_CASE("separators are found where they are not escaped")
{
    struct {
        std::string value;
        std::vector<std::string_view> parts;
    } const cases[] = {{"", {""}},      {"a,b", {"a", "b"}}, {"a\\,b,c", {"a\\,b", "c"}}, {"a\\\\,b", {"a\\\\", "b"}},
                       {",", {"", ""}}, {"a\\", {"a\\"}}};
    for (auto const& c : cases) {
        CAPTURE(c.value);
        CHECK(split_escaped(c.value, ',') == c.parts);
    }
}

TEST_CASE("escapes are undone, a lone backslash is an error")
{
    struct {
        std::string value;
        bool legal;
        char const* text;
    } const cases[] = {{"a\\,b", true, "a,b"},
                       {"\\|\\$\\\\", true, "|$\\"},
                       {"plain", true, "plain"},
                       {"a\\b", false, ""},
                       {"a\\", false, ""}};
    for (auto const& c : cases) {
        CAPTURE(c.value);
        std::string out;
        CHECK(unescape(c.value, out) == c.legal);
        if (c.legal)
            CHECK(out == c.text);
    }
}
