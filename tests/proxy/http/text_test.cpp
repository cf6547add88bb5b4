#include "proxy/http/text.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace pons::proxy::http;

TEST_CASE("members of a list, outside quoted strings")
{
    std::string_view rest = " a , \"b,\\\",c\";d ,, e";
    std::vector<std::string> members;
    while (!rest.empty())
        members.emplace_back(take_member(rest, ','));
    CHECK(members == std::vector<std::string>{"a", "\"b,\\\",c\";d", "", "e"});
    std::string_view open = "\"a\\";
    CHECK(take_member(open, ',') == "\"a\\");
    CHECK(open.empty());
}

TEST_CASE("percent-decoding gives text or nothing")
{
    struct {
        char const* encoded;
        char const* text;
    } const cases[] = {
        {"", ""},
        {"a+b", "a+b"},
        {"%41%2f%2B", "A/+"},
        {"%C3%A4", "\xC3\xA4"},
        {"\xC3\xA4", "\xC3\xA4"},
        {"%", nullptr},
        {"%4", nullptr},
        {"%4g", nullptr},
        {"%00", nullptr},
        {"a%0d", nullptr},
        {"%7f", nullptr},
        {"%ff", nullptr},
        {"%C3", nullptr},
        {"%C0%AF", nullptr},
        {"%ED%A0%80", nullptr},
        {"%F4%90%80%80", nullptr},
        {"%F0%9F%98%80", "\xF0\x9F\x98\x80"},
        {"%E0%80%AF", nullptr},
    };
    for (auto const& c : cases) {
        CAPTURE(c.encoded);
        auto const decoded = percent_decoded(c.encoded);
        CHECK(decoded.has_value() == (c.text != nullptr));
        if (decoded && c.text != nullptr)
            CHECK(*decoded == c.text);
    }
}

TEST_CASE("JSON strings are valid whatever comes")
{
    std::string out;
    append_json(out, std::string_view("a\"\\\n\0\x7f\xff\xC3\xA4", 9));
    CHECK(out == "\"a\\\"\\\\\\u000a\\u0000\\u007f\xEF\xBF\xBD\xC3\xA4\"");
}
