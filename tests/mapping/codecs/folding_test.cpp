#include "mapping/codecs/folding.hpp"

#include "mapping/tables/folding.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

using namespace pons::mapping;
using namespace pons::mapping::codecs;

namespace {

bool same(std::string_view a, std::string_view b, folding how = folding::search)
{
    return fold(a, how) == fold(b, how);
}

std::string utf8(std::u32string_view text)
{
    std::string out;
    for (char32_t c : text) {
        if (c < 0x80)
            out.push_back(static_cast<char>(c));
        else if (c < 0x800)
            out.append({static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F))});
        else if (c < 0x10000)
            out.append({static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3F)),
                        static_cast<char>(0x80 | (c & 0x3F))});
        else
            out.append({static_cast<char>(0xF0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 0x3F)),
                        static_cast<char>(0x80 | (c >> 6 & 0x3F)), static_cast<char>(0x80 | (c & 0x3F))});
    }
    return out;
}

std::u32string_view letters(tables::fold_row const& row)
{
    auto end = std::ranges::find(row.to, U'\0');
    return {row.to.data(), static_cast<std::size_t>(end - row.to.begin())};
}

}  // namespace

TEST_CASE("folds what people write differently")
{
    struct {
        std::string_view name;
        std::string_view a;
        std::string_view b;
    } const equal[] = {
        {"case", "MULLER", "muller"},
        {"umlaut", "Müller", "muller"},
        {"composed and decomposed", "M\u00fcller", "Mu\u0308ller"},
        {"sharp s", "Strauß", "STRAUSS"},
        {"capital sharp s", "STRAUẞ", "strauss"},
        {"ligatures of letters", "Ægidius Œuvre", "aegidius oeuvre"},
        {"strokes", "Søren Łukasz Đorđe", "soren lukasz dorde"},
        {"stroke and accent", "ǿ", "o"},
        {"thorn and eth", "Þórður", "thordur"},
        {"Turkish", "İstanbul ılgın", "istanbul ilgin"},
        {"two marks", "Nguyễn", "nguyen"},
        {"two marks, half composed", "Nguy\u00ea\u0303n", "nguyen"},
        {"Czech", "Dvořák Žižka", "dvorak zizka"},
        {"Greek", "ΓΙΏΡΓΟΣ", "γιωργος"},
        {"Greek with iota subscript", "ᾄ", "α"},
        {"Cyrillic", "ПЁТР", "петр"},
        {"Armenian", "ԱՐԱՄ", "արամ"},
        {"Hebrew points", "שָׁלוֹם", "שלום"},
        {"full width", "Ｙａｍａｄａ", "yamada"},
        {"half width kana", "ﾔﾏﾀﾞ", "ヤマダ"},
        {"kana composed and decomposed", "ヤマタ\u3099", "ヤマダ"},
        {"Hangul composed and decomposed", "\u1100\u1175\u11b7", "김"},
        {"Hangul half composed", "기\u11b7", "김"},
        {"apostrophes", "O’Neil", "o'neil"},
        {"hyphens", "Anna‐Maria", "anna-maria"},
        {"white space", "  Anna \t Maria ", "anna maria"},
        {"ideographic space", "山田　太郎", "山田 太郎"},
        {"variation selector", "葛\U000E0100城", "葛城"},
    };
    for (auto const& c : equal) {
        CAPTURE(c.name);
        CHECK(same(c.a, c.b));
    }
    struct {
        std::string_view name;
        std::string_view a;
        std::string_view b;
    } const different[] = {
        {"letters", "muller", "miller"},
        {"German spelling", "müller", "mueller"},
        {"voiced kana", "か", "が"},
        {"hiragana and katakana", "か", "カ"},
        {"an open syllable", "기", "김"},
        {"spaces between words", "annamaria", "anna maria"},
        {"Indic vowel signs", "कि", "क"},
        {"malformed bytes", "\xff", "\xfe"},
        {"a malformed byte and nothing", "a\xff", "a"},
    };
    for (auto const& c : different) {
        CAPTURE(c.name);
        CHECK_FALSE(same(c.a, c.b));
    }
}

TEST_CASE("canonical equivalents alone are equal without folding")
{
    CHECK(same("M\u00fcller", "Mu\u0308ller", folding::none));
    CHECK(same("ヤマタ\u3099", "ヤマダ", folding::none));
    CHECK(same("\u1100\u1175\u11b7", "김", folding::none));
    CHECK(same("\u01d6", "u\u0308\u0304", folding::none));
    CHECK_FALSE(same("Müller", "müller", folding::none));
    CHECK_FALSE(same("Müller", "Muller", folding::none));
    CHECK_FALSE(same("ß", "ss", folding::none));
    CHECK_FALSE(same("anna  maria", "anna maria", folding::none));
}

TEST_CASE("reads pieces with a space between them")
{
    std::string_view const pieces[] = {"Dr. ", "Éva", " Müller"};
    auto read = [&](folding how) {
        std::u32string out;
        folded_reader in(pieces, how);
        for (auto c = in.next(); c != folded_reader::end; c = in.next())
            out.push_back(c);
        CHECK(in.next() == folded_reader::end);
        return out;
    };
    CHECK(read(folding::search) == U"dr. eva muller");
    CHECK(read(folding::none) == fold("Dr.  Éva  Müller", folding::none));
    CHECK(fold("", folding::search).empty());
    CHECK(fold(" \u3000\t", folding::search).empty());
    CHECK(fold("\u0301", folding::search).empty());
}

TEST_CASE("malformed bytes stand for themselves")
{
    auto bytes = [](std::string_view text) {
        std::u32string out;
        for (char c : text)
            out.push_back(0xDC00U + static_cast<unsigned char>(c));
        return out;
    };
    struct {
        std::string_view name;
        std::string_view text;
    } const cases[] = {
        {"no lead byte", "\xff"},
        {"a byte of a tail", "\x80"},
        {"longer than needed", "\xc0\x80"},
        {"longer than needed, three", "\xe0\x80\x80"},
        {"a surrogate", "\xed\xa0\x80"},
        {"past the last code point", "\xf4\x90\x80\x80"},
        {"cut off", "\xe2\x82"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        CHECK(fold(c.text, folding::search) == bytes(c.text));
        CHECK(fold(c.text, folding::none) == bytes(c.text));
    }
    CHECK(fold("a\xff"
               "b",
               folding::search) == U"a" + bytes("\xff") + U"b");
}

TEST_CASE("every row of the tables folds to what no longer changes")
{
    auto walk = [](std::span<tables::fold_row const> rows, folding how) {
        CHECK(std::ranges::is_sorted(rows, {}, &tables::fold_row::from));
        for (auto const& row : rows) {
            auto to = std::u32string(letters(row));
            auto text = utf8({&row.from, 1});
            CAPTURE(text);
            if (to == U" ")
                continue;  // white space at the end is left out
            CHECK(fold(text, how) == to);
            CHECK(fold(utf8(to), how) == to);
        }
    };
    walk(tables::canonical_foldings, folding::none);
    walk(tables::search_foldings, folding::search);
    CHECK(std::ranges::is_sorted(tables::marks, {}, &tables::mark_range::first));
    for (auto const& row : tables::voiced_kana) {
        CHECK(fold(utf8({&row.base, 1}) + utf8({&row.mark, 1}), folding::none) == std::u32string(1, row.composed));
        CHECK(fold(utf8({&row.composed, 1}), folding::search) == std::u32string(1, row.composed));
    }
}

TEST_CASE("folding twice is folding once, and decomposing first changes nothing")
{
    std::mt19937 random(7);
    constexpr char32_t starts[] = {0x20,   0xC0,   0x300,  0x370,  0x400,  0x1100, 0x1161,
                                   0x11A8, 0x1E00, 0x1F00, 0x3040, 0x3099, 0xAC00, 0xFF60};
    for (int i = 0; i != 20'000; ++i) {
        std::u32string text;
        for (auto n = 1 + random() % 6; n != 0; --n)
            text.push_back(starts[random() % std::size(starts)] + static_cast<char32_t>(random() % 0x60));
        auto once = fold(utf8(text), folding::search);
        auto decomposed = fold(utf8(text), folding::none);
        REQUIRE(fold(utf8(once), folding::search) == once);
        REQUIRE(fold(utf8(decomposed), folding::search) == once);
        REQUIRE(fold(utf8(decomposed), folding::none) == decomposed);
    }
}
