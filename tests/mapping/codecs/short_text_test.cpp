#include "mapping/codecs/short_text.hpp"

#include <doctest/doctest.h>

using namespace pons::mapping::codecs;

TEST_CASE("short text grows up to its capacity and is cut there")
{
    short_text<5> t;
    CHECK(t.empty());
    t.append('a');
    t.append("bc");
    CHECK(t.view() == "abc");
    t.append("defg");
    CHECK(t.view() == "abcde");
    CHECK(t == short_text<5>("abcde"));
    CHECK_FALSE(t == short_text<5>("abcdx"));
}

TEST_CASE("short text writes numbers with leading zeros")
{
    short_text<40> t;
    t.append_number(7, 2);
    t.append(' ');
    t.append_number(0, 1);
    t.append(' ');
    t.append_number(2024, 2);
    t.append(' ');
    t.append_number(18'446'744'073'709'551'615U, 4);
    CHECK(t.view() == "07 0 2024 18446744073709551615");
}
