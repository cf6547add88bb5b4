#include "config/scalars.hpp"

#include "config/suggest.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace pons::config;

TEST_CASE("durations carry units")
{
    struct {
        std::string text;
        milliseconds value;
        char const* printed;
    } const cases[] = {
        {"250ms", 250ms, "250ms"}, {"5s", 5s, "5s"},        {"60s", 60s, "1m"}, {"90s", 90s, "90s"}, {"2m", 2min, "2m"},
        {"1h", 1h, "1h"},          {"3600000ms", 1h, "1h"}, {"0", 0ms, "0"},    {"0s", 0ms, "0"},    {"007s", 7s, "7s"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.text);
        REQUIRE(parse_duration(c.text));
        CHECK(*parse_duration(c.text) == c.value);
        CHECK(print_duration(c.value) == c.printed);
    }
    for (std::string const text : {"", "5", "s", "5 s", "1.5s", "-1s", "+1s", "5S", "5sec", "1d", "0x5s",
                                   "9223372036854775808ms", "9223372036854775807h", "99999999999999999999s", "1s2"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_duration(text));
    }
}

TEST_CASE("sizes carry units")
{
    struct {
        std::string text;
        std::uint64_t value;
        char const* printed;
    } const cases[] = {
        {"1B", 1, "1B"},           {"64KiB", 65536, "64KiB"},    {"1024B", 1024, "1KiB"}, {"1536B", 1536, "1536B"},
        {"1MiB", 1048576, "1MiB"}, {"2GiB", 2147483648, "2GiB"}, {"0", 0, "0"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.text);
        REQUIRE(parse_size(c.text));
        CHECK(*parse_size(c.text) == c.value);
        CHECK(print_size(c.value) == c.printed);
    }
    for (std::string const text :
         {"", "64", "64K", "64KB", "64kib", "1 MiB", "1.5MiB", "-1B", "1TiB", "9999999999GiB"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_size(text));
    }
}

TEST_CASE("numbers are digits and booleans are two words")
{
    CHECK(parse_number("0") == 0);
    CHECK(parse_number("9223372036854775807") == 9223372036854775807ULL);
    for (std::string const text : {"", " 1", "1 ", "-1", "+1", "1e3", "0x10", "1_000", "9223372036854775808", "1.0"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_number(text));
    }
    CHECK(parse_bool("true") == true);
    CHECK(parse_bool("false") == false);
    for (std::string const text : {"", "True", "TRUE", "yes", "no", "on", "off", "1", "0", "y"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_bool(text));
    }
}

TEST_CASE("addresses are a host and a port")
{
    struct {
        std::string text;
        address value;
    } const cases[] = {
        {"127.0.0.1:8080", {"127.0.0.1", 8080}},
        {"localhost:1", {"localhost", 1}},
        {"[::1]:8080", {"::1", 8080}},
        {"0.0.0.0:65535", {"0.0.0.0", 65535}},
        {"[::]:0", {"::", 0}},
    };
    for (auto const& c : cases) {
        CAPTURE(c.text);
        REQUIRE(parse_address(c.text));
        CHECK(*parse_address(c.text) == c.value);
        CHECK(print_address(c.value) == c.text);
    }
    for (std::string const text :
         {"", ":", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "::1:8080", "[::1]", "[::1",
          "[]:1", "[::1]8080", "example.org:80", "256.0.0.1:80", "1.2.3:80"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_address(text));
    }
}

TEST_CASE("loopback is what stays on this machine")
{
    for (std::string const host : {"127.0.0.1", "127.1.2.3", "::1", "localhost"}) {
        CAPTURE(host);
        CHECK(is_loopback(host));
    }
    for (std::string const host :
         {"0.0.0.0", "::", "10.0.0.1", "127.example.org", "localhost.example.org", "::2", ""}) {
        CAPTURE(host);
        CHECK_FALSE(is_loopback(host));
    }
}

TEST_CASE("texts are printed so that YAML reads them again")
{
    CHECK(print_text("PACS-1") == "PACS-1");
    CHECK(print_text("true") == "\"true\"");
    CHECK(print_text("") == "\"\"");
    CHECK(print_text("-x") == "\"-x\"");
    CHECK(print_text("a: b") == "\"a: b\"");
    CHECK(print_text("a\"\\\n") == R"("a\"\\\x0a")");
}

TEST_CASE("what is quoted in a message is short and printable")
{
    CHECK(in_quotes("a\tb\x7f") == "'a?b?'");
    CHECK(in_quotes(std::string(100, 'x')) == "'" + std::string(60, 'x') + "…'");
    std::string umlauts;
    for (int i = 0; i < 50; ++i)
        umlauts += "ü";
    CHECK(in_quotes('x' + umlauts) == "'x" + umlauts.substr(0, 58) + "…'");  // cut between characters
}

TEST_CASE("the nearest word is suggested when it is near")
{
    constexpr std::array<std::string_view, 5> words{"listen", "public_url", "max_body", "port", "host"};
    struct {
        std::string word;
        char const* near;
    } const cases[] = {
        {"lisen", "listen"},
        {"listne", "listen"},
        {"Listen", "listen"},
        {"public-url", "public_url"},
        {"max_bdy", "max_body"},
        {"prot", "port"},
        {"hots", "host"},
        {"completely_else", ""},
        {"x", ""},
        {"", ""},
    };
    for (auto const& c : cases) {
        CAPTURE(c.word);
        CHECK(nearest(c.word, words) == c.near);
    }
    CHECK(nearest(std::string(1000, 'l'), words).empty());
    CHECK(one_of(words) == "listen, public_url, max_body, port or host");
}
