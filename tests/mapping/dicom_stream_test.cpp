#include "mapping/dicom_stream.hpp"

#include "tests/mapping/wire.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace pons;
using namespace pons::mapping;
using namespace std::string_literals;

TEST_CASE("a row of a C-FIND is read in every encoding")
{
    for (auto const as : encodings) {
        CAPTURE(static_cast<int>(as));
        wire w(as);
        w.element(0x00080005, "CS", "ISO_IR 100");
        w.element(0x00080020, "DA", "20240229");
        w.element(0x00080050, "SH", "");
        w.element(0x00080061, "CS", "CT\\SR ");
        w.element(0x00100010, "PN", "M\xFCller^Eva ");
        w.element(0x0020000D, "UI", "1.2.3\0"s);
        w.element(0x00201208, "IS", " 12 ");
        auto const set = w.read();
        REQUIRE(set.has_value());
        CHECK(set->text(tags::StudyDate) == "20240229");
        CHECK(set->contains(tags::AccessionNumber));
        CHECK(set->count(tags::AccessionNumber) == 0);
        CHECK(joined(*set, tags::ModalitiesInStudy) == "CT|SR");
        CHECK(set->text(tags::PatientName) == "Müller^Eva");
        CHECK(set->text(tags::StudyInstanceUID) == "1.2.3");
        CHECK(set->text(tags::NumberOfStudyRelatedInstances) == "12");
    }
}

TEST_CASE("values by value representation")
{
    struct {
        char const* name;
        char const* vr;
        std::string bytes;  // little endian
        std::size_t count;
        char const* values;
    } const cases[] = {
        {"nothing", "LO", "", 0, ""},
        {"nothing but padding", "LO", "    ", 0, ""},
        {"nothing but zeros", "UI", "\0\0"s, 0, ""},
        {"an empty value between", "LO", "a\\\\b ", 3, "a||b"},
        {"an empty value at the end", "CS", "a\\", 2, "a|"},
        {"padding of each value", "SH", " a \\ b ", 2, "a|b"},
        {"leading spaces that count", "ST", "  a ", 1, "  a"},
        {"a backslash in text", "LT", "a\\b", 1, "a\\b"},
        {"lines", "UT", "a\r\n\tb", 1, "a\r\n\tb"},
        {"a URI", "UR", "http://x/a\\b ", 1, "http://x/a\\b"},
        {"unlimited characters", "UC", "a\\b", 2, "a|b"},
        {"a broken number is text, too", "IS", "12x ", 1, "12x"},
        {"a broken date is text, too", "DA", "2024.01", 1, "2024.01"},
        {"a code string that is not ASCII", "CS",
         "SCH\xC4"
         "DEL",
         1, "SCHÄDEL"},
        {"US", "US", "\x01\x00\xFF\xFF"s, 2, "1|65535"},
        {"SS", "SS", "\xFF\xFF"s, 1, "-1"},
        {"UL", "UL", "\xFF\xFF\xFF\xFF"s, 1, "4294967295"},
        {"SL", "SL", "\xFE\xFF\xFF\xFF"s, 1, "-2"},
        {"UV", "UV", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s, 1, "18446744073709551615"},
        {"SV", "SV", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s, 1, "-1"},
        {"FL", "FL", "\x00\x00\xC0\x3F"s, 1, "1.5"},
        {"FD", "FD", "\x9A\x99\x99\x99\x99\x99\xB9\x3F"s, 1, "0.1"},
        {"FD that is none", "FD", "\x00\x00\x00\x00\x00\x00\xF8\xFF"s, 1, "nan"},
        {"FL without end", "FL", "\x00\x00\x80\xFF"s, 1, "-inf"},
        {"AT", "AT", "\x20\x00\x0D\x00\xE0\x7F\x10\x00"s, 2, "0020000D|7FE00010"},
        {"a number and a half", "US", "\x01\x00\x02"s, 1, "1"},
        {"half a number", "UL", "\x01\x00"s, 0, ""},
        {"bulk data", "OB", "\x01\x02"s, 0, ""},
        {"words", "OW", "\x01\x02"s, 0, ""},
        {"unknown", "UN", "ab", 0, ""},
        {"a VR to come", "ZZ", "ab", 0, ""},
        {"an odd length", "LO", "abc", 1, "abc"},
    };
    tag const t{0x00720001};  // an attribute that no dictionary holds
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto const set = wire().element(0x00720001, c.vr, c.bytes).element(0x00720003, "LO", "next").read();
        REQUIRE(set.has_value());
        CHECK(set->contains(t));
        CHECK(set->count(t) == c.count);
        CHECK(joined(*set, t) == c.values);
        CHECK(set->text(tag{0x00720003}) == "next");
    }
}

TEST_CASE("numbers in big endian")
{
    auto const set = wire(encoding::explicit_be)
                         .element(0x00720001, "US", "\x01\x02"s)
                         .element(0x00720002, "AT", "\x00\x20\x00\x0D"s)
                         .element(0x00720003, "FL", "\x3F\xC0\x00\x00"s)
                         .read();
    REQUIRE(set.has_value());
    CHECK(set->text(tag{0x00720001}) == "258");
    CHECK(set->text(tag{0x00720002}) == "0020000D");
    CHECK(set->text(tag{0x00720003}) == "1.5");
}

TEST_CASE("sequences of defined and undefined length, in every encoding")
{
    for (auto const as : encodings) {
        CAPTURE(static_cast<int>(as));
        auto const code = wire(as).element(0x00080100, "SH", "T1").text();
        auto const length = static_cast<std::uint32_t>(code.size());
        struct {
            char const* name;
            wire bytes;
            std::size_t items;
        } const cases[] = {
            {"empty", wire(as).header(0x00081032, "SQ", 0), 0},
            {"empty, undefined", wire(as).header(0x00081032, "SQ", undefined).end_sequence(), 0},
            {"defined",
             wire(as).header(0x00081032, "SQ", 2 * (8 + length)).item(length).raw(code).item(length).raw(code), 2},
            {"undefined", wire(as).header(0x00081032, "SQ", undefined).item().raw(code).end_item().end_sequence(), 1},
            {"undefined in defined", wire(as).header(0x00081032, "SQ", 16 + length).item().raw(code).end_item(), 1},
            {"defined in undefined", wire(as).header(0x00081032, "SQ", undefined).item(length).raw(code).end_sequence(),
             1},
            {"a delimiter too many",
             wire(as).header(0x00081032, "SQ", 24 + length).item(length + 8).raw(code).end_item().end_sequence(), 1},
            {"a delimiter with a length",
             wire(as).header(0x00081032, "SQ", undefined).item().raw(code).end_item(7).end_sequence(), 1},
        };
        for (auto const& c : cases) {
            CAPTURE(c.name);
            auto bytes = c.bytes;
            auto const set = bytes.element(0x00100020, "LO", "7 ").read();
            REQUIRE(set.has_value());
            CHECK(set->contains(tags::ProcedureCodeSequence));
            auto const items = set->items(tags::ProcedureCodeSequence);
            REQUIRE(items.size() == c.items);
            for (auto const& item : items)
                CHECK(item.text(tags::CodeValue) == "T1");
            CHECK(set->text(tags::PatientID) == "7");
        }
    }
}

TEST_CASE("VR UN holds what the dictionary says, and implicit little endian when it is a sequence")
{
    auto const code = wire(encoding::implicit_le).element(0x00080100, "SH", "T1").text();
    for (auto const as : {encoding::explicit_le, encoding::explicit_be}) {
        CAPTURE(static_cast<int>(as));
        wire w(as);
        // Delimiters inside are implicit little endian as well.
        auto const inside = wire(encoding::implicit_le).item().raw(code).end_item().end_sequence().text();
        w.header(0x00081032, "UN", undefined).raw(inside);
        w.element(0x00100010, "UN", "A^B ");
        w.header(0x00720005, "UN", undefined).raw(inside);
        auto const set = w.read();
        REQUIRE(set.has_value());
        CHECK(set->text(tags::PatientName) == "A^B");
        for (auto const t : {tags::ProcedureCodeSequence, tag{0x00720005}}) {
            REQUIRE(set->items(t).size() == 1);
            CHECK(set->items(t)[0].text(tags::CodeValue) == "T1");
        }
    }
    auto const defined = wire(encoding::implicit_le).item(static_cast<std::uint32_t>(code.size())).raw(code).text();
    auto const set = wire().element(0x00081032, "UN", defined).read();
    REQUIRE(set.has_value());
    CHECK(set->items(tags::ProcedureCodeSequence).size() == 1);
}

TEST_CASE("implicit VR: what nobody knows is passed over, or a sequence when its length is undefined")
{
    wire w(encoding::implicit_le);
    w.element(0x00720001, "", "xx");
    w.header(0x00720005, "", undefined).item().element(0x00100020, "", "7").end_item().end_sequence();
    auto const set = w.read();
    REQUIRE(set.has_value());
    CHECK(set->contains(tag{0x00720001}));
    CHECK(set->count(tag{0x00720001}) == 0);
    REQUIRE(set->items(tag{0x00720005}).size() == 1);
    CHECK(set->items(tag{0x00720005})[0].text(tags::PatientID) == "7");
}

TEST_CASE("private attributes, group lengths, padding and pixels are passed over")
{
    auto const w = wire()
                       .element(0x00080000, "UL", "\x0A\0\0\0"s)
                       .element(0x00090010, "LO", "SOMEONE ")
                       .header(0x00091001, "SQ", undefined)
                       .item()
                       .element(0x00090010, "LO", "x ")
                       .header(0x00091002, "UN", undefined)
                       .end_sequence()
                       .end_item()
                       .end_sequence()
                       .element(0x00091003, "SQ", "rubbish!")
                       .header(0x00091004, "OB", undefined)
                       .item(3)
                       .raw("abc")
                       .end_sequence()
                       .element(0x00100020, "LO", "7 ")
                       .header(0x7FE00010, "OB", undefined)
                       .item(0)
                       .item(4)
                       .raw("\xFF\xD8\xFF\xD9")
                       .end_sequence()
                       .element(0xFFFCFFFC, "OB", "\0\0"s);
    auto const set = w.read();
    REQUIRE(set.has_value());
    std::vector<tag> found;
    set->for_each([&](tag t, vr, bool) { found.push_back(t); });
    CHECK(found == std::vector{tags::PatientID, tag{0x7FE00010}});
}

TEST_CASE("a repeated attribute: the first stays")
{
    auto const set = wire()
                         .element(0x00080005, "CS", "ISO_IR 192")
                         .element(0x00080005, "CS", "ISO_IR 100")
                         .element(0x00100020, "LO", "\xC3\xA9")
                         .element(0x00100020, "LO", "8 ")
                         .header(0x00081032, "SQ", undefined)
                         .item()
                         .end_item()
                         .end_sequence()
                         .header(0x00081032, "SQ", undefined)
                         .item()
                         .end_item()
                         .item()
                         .end_item()
                         .end_sequence()
                         .read();
    REQUIRE(set.has_value());
    CHECK(joined(*set, tags::PatientID) == "é");
    CHECK(joined(*set, tags::SpecificCharacterSet) == "ISO_IR 192");
    CHECK(set->items(tags::ProcedureCodeSequence).size() == 1);
}

TEST_CASE("an item may have a character set of its own, and its neighbours do not")
{
    auto const set = wire()
                         .element(0x00080005, "CS", "ISO_IR 144")
                         .header(0x00081032, "SQ", undefined)
                         .item()
                         .element(0x00080005, "CS", "\\ISO 2022 IR 87")
                         .element(0x00080104, "LO", "\x1B$B;3ED\x1B(B")
                         .end_item()
                         .item()
                         .element(0x00080104, "LO", "\xD0\xDA")
                         .end_item()
                         .end_sequence()
                         .element(0x00100010, "PN", "\xBB\xEE")
                         .read();
    REQUIRE(set.has_value());
    auto const items = set->items(tags::ProcedureCodeSequence);
    REQUIRE(items.size() == 2);
    CHECK(items[0].text(tags::CodeMeaning) == "山田");
    CHECK(items[1].text(tags::CodeMeaning) == "ак");
    CHECK(set->text(tags::PatientName) == "Лю");
}

TEST_CASE("the character set counts where attributes are out of order")
{
    auto const set = wire()
                         .element(0x00100010, "PN", "\xBB\xEE")
                         .header(0x00081032, "SQ", undefined)
                         .item()
                         .element(0x00080104, "LO", "\xD0\xDA")
                         .element(0x00080005, "CS", "ISO_IR 126")
                         .end_item()
                         .end_sequence()
                         .element(0x00080005, "CS", "ISO_IR 144")
                         .element(0x00100020, "LO", "\xBB")
                         .read();
    REQUIRE(set.has_value());
    CHECK(set->text(tags::PatientName) == "Лю");
    CHECK(set->text(tags::PatientID) == "Л");
    REQUIRE(set->items(tags::ProcedureCodeSequence).size() == 1);
    CHECK(set->items(tags::ProcedureCodeSequence)[0].text(tags::CodeMeaning) == "ΠΪ");
}

TEST_CASE("values without a label that are no UTF-8 are counted as guessed")
{
    auto const guessed = [](std::string const& name, char const* label) {
        letters_read letters;
        wire w;
        if (label)
            w.element(0x00080005, "CS", label);
        w.element(0x00100010, "PN", name);
        CHECK(read_data_set(w.bytes(), encoding::explicit_le, "ISO_IR 100", {}, &letters).has_value());
        return letters.guessed;
    };
    CHECK(guessed("M\xFCller", nullptr) == 1);
    CHECK(guessed("M\xFCller", "nonsense  ") == 1);
    CHECK(guessed("M\xFCller", "ISO_IR 100") == 0);
    CHECK(guessed("M\xC3\xBCller", nullptr) == 0);
    CHECK(guessed("\x1B$B;3\x1B(B", nullptr) == 0);
    CHECK(guessed("Miller", nullptr) == 0);
}

TEST_CASE("characters that are lost are counted, and nothing else is")
{
    letters_read letters;
    wire const w = wire().element(0x00100010, "PN", "M\x81ller\x81").element(0x00100020, "LO", "7 ");
    auto const set = read_data_set(w.bytes(), encoding::explicit_le, "ISO_IR 100", {}, &letters);
    REQUIRE(set.has_value());
    CHECK(letters.lost == 2);
    CHECK(set->text(tags::PatientName) == "M\uFFFDller\uFFFD");
    CHECK(set->text(tags::PatientID) == "7");
}
