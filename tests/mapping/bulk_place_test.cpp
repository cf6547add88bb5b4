#include "mapping/bulk_place.hpp"

#include <doctest/doctest.h>

using namespace pons::mapping;

TEST_CASE("places are tags with an item between two of them")
{
    for (auto const* const good : {"7FE00010", "54000100/1/54001010", "00880200/12/00282000", "00091010"}) {
        CAPTURE(std::string(good));
        CHECK(is_place(good));
        CHECK(from_segment(to_segment(good)) == good);
    }
    for (auto const* const bad :
         {"", "7fe00010", "7FE0001", "7FE000100", "54000100/54001010", "54000100/0/54001010", "54000100/1", "/7FE00010",
          "54000100/1/", "54000100/-1/54001010", "54000100/1x/54001010", "54000100/99999999999/54001010",
          "54000100//54001010", "../7FE00010", "7FE00010/../7FE00010"}) {
        CAPTURE(std::string(bad));
        CHECK_FALSE(is_place(bad));
    }
    std::string deep = "7FE00010";
    while (deep.size() <= longest_place)
        deep.insert(0, "54000100/1/");
    CHECK_FALSE(is_place(deep));
    CHECK(from_segment("54000100.1.54001010") == "54000100/1/54001010");
    for (auto const* const bad : {"54000100/1/54001010", "..", "7FE00010.", "http://a"})
        CHECK(from_segment(bad).empty());
}

TEST_CASE("the value at a place is found in a data set")
{
    data_set row;
    row.add(tag{0x00420011}, vr_of('O', 'B'), {"outer"});
    auto* const items = row.add_sequence(tag{0x54000100});
    items->emplace_back();
    items->emplace_back().add(tag{0x54001010}, vr_of('O', 'W'), {"inner"});
    CHECK(text_at(row, "00420011") == "outer");
    CHECK(text_at(row, "54000100/2/54001010") == "inner");
    for (auto const* const nowhere :
         {"54000100/1/54001010", "54000100/3/54001010", "54000100", "00420011/1/54001010", "7FE00010", "nonsense", ""})
        CHECK(text_at(row, nowhere).empty());
}
