#include "mapping/utf8.hpp"

#include <doctest/doctest.h>

using namespace pons::mapping;

TEST_CASE("UTF-8 is what RFC 3629 says")
{
    for (auto const* const good : {"", "a", "é", "王", "𠀀", "\xF4\x8F\xBF\xBF", "\xEF\xBF\xBD"})
        CHECK(is_utf8(good));
    for (auto const* const bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                                  "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xC3", "\xE7\x8E", "\xC3("})
        CHECK_FALSE(is_utf8(bad));
    for (auto const* const cut : {"\xC3", "\xE7", "\xE7\x8E", "\xE0", "\xF0", "\xF0\xA0", "\xF0\xA0\x80", "\xED\x9F"})
        CHECK(is_cut_utf8(cut));
    for (auto const* const whole : {"", "a", "é", "\x80", "\xFF", "\xC3(", "\xE7(", "\xED\xA0", "\xC0"})
        CHECK_FALSE(is_cut_utf8(whole));
}
