#include "mapping/codecs/integer.hpp"

#include <doctest/doctest.h>

using namespace pons::mapping::codecs;

TEST_CASE("reads integer strings as archives write them")
{
    struct {
        std::string_view text;
        std::uint32_t value;
    } const good[] = {
        {"0", 0},
        {"4", 4},
        {"+4", 4},
        {" 4", 4},
        {"4 ", 4},
        {"004", 4},
        {"4.0", 4},
        {"1.0", 1},
        {"4.", 4},
        {"12345.000", 12345},
        {"+0", 0},
        {"0.0", 0},
        {"2147483647", 2147483647U},
        {"00000000002147483647", 2147483647U},
        {std::string_view("4\0", 2), 4},
    };
    for (auto const& c : good) {
        CAPTURE(c.text);
        CHECK(to_unsigned(c.text) == c.value);
    }
    for (std::string_view bad : {"",
                                 " ",
                                 "-1",
                                 "-0",
                                 "+",
                                 "++4",
                                 "+-4",
                                 "4.5",
                                 "4.01",
                                 ".0",
                                 ".",
                                 "4a",
                                 "a4",
                                 "0x4",
                                 "1e2",
                                 "2147483648",
                                 "99999999999999999999999",
                                 "4 4",
                                 "4.0.0",
                                 "1,000"}) {
        CAPTURE(bad);
        CHECK_FALSE(to_unsigned(bad));
    }
}

TEST_CASE("an integer comes back as it was")
{
    for (std::uint32_t value : {0U, 1U, 9U, 10U, 99U, 100U, 65536U, 2147483647U})
        CHECK(to_unsigned(to_is(value)) == value);
    CHECK(to_is(0).view() == "0");
    CHECK(to_is(4294967295U).view() == "4294967295");
}
