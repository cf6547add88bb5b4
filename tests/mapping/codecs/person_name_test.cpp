#include "mapping/codecs/person_name.hpp"

#include <doctest/doctest.h>

using namespace pons::mapping::codecs;

TEST_CASE("takes a name apart")
{
    auto name = parse_person_name("Adams^John Robert^Quincy^Rev.^B.A. M.Div.");
    CHECK(name.alphabetic.family == "Adams");
    CHECK(name.alphabetic.given == "John Robert");
    CHECK(name.alphabetic.middle == "Quincy");
    CHECK(name.alphabetic.prefix == "Rev.");
    CHECK(name.alphabetic.suffix == "B.A. M.Div.");
    CHECK(name.ideographic.empty());

    name = parse_person_name("Yamada^Tarou=山田^太郎=やまだ^たろう");
    CHECK(name.alphabetic ==
          name_group{.family = "Yamada", .given = "Tarou", .middle = "", .prefix = "", .suffix = ""});
    CHECK(name.ideographic.family == "山田");
    CHECK(name.ideographic.given == "太郎");
    CHECK(name.phonetic.family == "やまだ");
    CHECK(name.phonetic.given == "たろう");

    CHECK(parse_person_name("=山田").alphabetic.empty());
    CHECK(parse_person_name("=山田").ideographic.family == "山田");
    CHECK(parse_person_name(" Doe ^ Jane ").alphabetic.given == "Jane");
    CHECK(parse_person_name("^^^Dr.").alphabetic.prefix == "Dr.");
    CHECK(parse_person_name("a^b^c^d^e^f").alphabetic.suffix == "e");
    CHECK(parse_person_name("a=b=c=d").phonetic.family == "c");
    for (std::string_view empty : {"", "^", "^^^^", "==", "^=^", " "}) {
        CAPTURE(empty);
        CHECK(parse_person_name(empty).empty());
    }
}

TEST_CASE("says a name as people do")
{
    struct {
        std::string_view name;
        std::string_view pn;
        std::string_view text;
    } const cases[] = {
        {"all components", "Family^Given^Middle^Dr.^Suffix", "Dr. Given Middle Family Suffix"},
        {"two", "Doe^Jane", "Jane Doe"},
        {"family alone", "Doe", "Doe"},
        {"not by the rules", "Doe, Jane", "Doe, Jane"},
        {"the alphabetic group first", "Yamada^Tarou=山田^太郎", "Tarou Yamada"},
        {"else the ideographic one, family first", "=山田^太郎", "山田 太郎"},
        {"else the phonetic one", "==やまだ^たろう", "やまだ たろう"},
        {"nothing", "^^^^", ""},
    };
    std::string buffer = "of the last one";
    for (auto const& c : cases) {
        CAPTURE(c.name);
        CHECK(display(parse_person_name(c.pn), buffer) == c.text);
        CHECK(display(c.pn, buffer) == c.text);
    }
}

TEST_CASE("puts a name together")
{
    for (std::string_view pn : {"Adams^John Robert^Quincy^Rev.^B.A. M.Div.", "Yamada^Tarou=山田^太郎=やまだ^たろう",
                                "=山田", "==やまだ", "Doe", "^Jane", "^^^Dr.", ""}) {
        CAPTURE(pn);
        CHECK(to_dicom(parse_person_name(pn)) == pn);
    }
    CHECK(to_dicom(parse_person_name("Doe^Jane^^^")) == "Doe^Jane");
    for (std::string_view illegal : {"a\\b", "a^b", "a=b", "a\nb", "\x1b$B"}) {
        CAPTURE(illegal);
        person_name name;
        name.alphabetic.given = illegal;
        CHECK_FALSE(to_dicom(name));
    }
}
