#include "mapping/tables/body_part.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

using namespace pons::mapping::tables;

TEST_CASE("every body part is found by its term and by its code")
{
    CHECK(body_parts().size() == 304);  // PS3.16 Annex L, and three more
    std::set<std::string_view> terms;
    for (auto const& row : body_parts()) {
        CAPTURE(row.term);
        CHECK(terms.insert(row.term).second);
        CHECK(row.term.size() <= 16);
        CHECK(row.code.size() >= 6);
        CHECK(row.code.size() <= 18);
        CHECK(std::ranges::all_of(row.code, [](char c) { return c >= '0' && c <= '9'; }));
        CHECK(std::ranges::all_of(row.term, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }));
        CHECK(find_body_part(row.term) == &row);
        auto of_code = body_parts_of(row.code);
        CHECK(std::ranges::find(of_code, &row) != of_code.end());
        // As vendors write it.
        std::string lower(row.term);
        std::ranges::transform(lower, lower.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        for (auto const& written : {lower, " " + lower + "  ", lower + " LT", lower + "_RIGHT", lower + "-l"}) {
            CAPTURE(written);
            CHECK(find_body_part(written) == &row);
        }
    }
}

TEST_CASE("body parts are known as archives write them")
{
    struct {
        std::string_view value;
        std::string_view code;
    } const cases[] = {
        {"CHEST", "816094009"},        {"Chest ", "816094009"},    {"WHOLE BODY", "38266002"},
        {"whole_body", "38266002"},    {"T-SPINE", "122495006"},   {"KNEE LT", "72696002"},
        {"KNEE_RIGHT", "72696002"},    {"knee bilat", "72696002"}, {"UPPER ARM R", "40983000"},
        {"3RD VENTRICLE", "49841001"}, {"UPPERLIMB", "53120007"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.value);
        auto const* row = find_body_part(c.value);
        REQUIRE(row != nullptr);
        CHECK(row->code == c.code);
    }
    for (std::string_view unknown : {"", " ", "L", "LEFT", "_", "CHEST PA", "LT KNEE", "KNEES", "816094009",
                                     "CHEST\\KNEE", "A VERY LONG TEXT THAT SOMEONE TYPED INTO THE FIELD"}) {
        CAPTURE(unknown);
        CHECK(find_body_part(unknown) == nullptr);
    }
    CHECK(find_body_part("KNEE")->paired);
    CHECK_FALSE(find_body_part("CHEST")->paired);
}

TEST_CASE("codes of older editions lead to the same terms")
{
    for (auto [older, term] : {std::pair{"51185008", "CHEST"}, {"12921003", "PELVIS"}, {"113345001", "ABDOMEN"}}) {
        CAPTURE(older);
        auto rows = body_parts_of(older);
        REQUIRE(rows.size() == 1);
        CHECK(rows[0]->term == term);
    }
    CHECK(body_parts_of("").empty());
    CHECK(body_parts_of("1").empty());
}

TEST_CASE("laterality goes both ways")
{
    CHECK(lateralities().size() == 3);
    for (auto const& row : lateralities()) {
        CHECK(find_laterality(std::string(1, row.value) + " ") == &row);
        CHECK(find_laterality_by_code(row.code) == &row);
    }
    CHECK(find_laterality("L")->code == "419161000");
    CHECK(find_laterality("R")->code == "419465000");
    CHECK(find_laterality("B")->code == "51440002");
    for (std::string_view none : {"", "U", "LR", "l", "LEFT"}) {
        CAPTURE(none);
        CHECK(find_laterality(none) == nullptr);
    }
    CHECK(find_laterality_by_code("7771000") == nullptr);
}
