#include "mapping/charset.hpp"

#include <doctest/doctest.h>

using namespace pons::mapping;
using namespace std::string_literals;

namespace {

struct text {
    std::string utf8;
    std::uint32_t lost = 0;
};

text read(std::string_view label, std::string_view bytes, std::string_view fallback = "ISO_IR 100",
          text_form form = text_form::names)
{
    text t;
    t.lost = decode(bytes, charset(label, fallback), form, t.utf8);
    return t;
}

// The examples of PS3.5 Annexes H to K, and what those annexes leave to the reader.
struct {
    char const* name;
    char const* label;
    std::string bytes;
    char const* utf8;
} const names[] = {
    {"H.3.1 kanji", "\\ISO 2022 IR 87",
     "Yamada^Tarou=\x1B$B;3ED\x1B(B^\x1B$BB@O:\x1B(B=\x1B$B$d$^$@\x1B(B^\x1B$B$?$m$&\x1B(B",
     "Yamada^Tarou=山田^太郎=やまだ^たろう"},
    {"H.3.2 katakana", "ISO 2022 IR 13\\ISO 2022 IR 87",
     "\xD4\xCF\xC0\xDE^\xC0\xDB\xB3=\x1B$B;3ED\x1B(J^\x1B$BB@O:\x1B(J=\x1B$B$d$^$@\x1B(J^\x1B$B$?$m$&\x1B(J",
     "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"},
    {"JIS X 0212", "\\ISO 2022 IR 87\\ISO 2022 IR 159", "\x1B$(D0!\x1B(B^\x1B$B;3\x1B(B", "丂^山"},
    {"I.2 hangul", "\\ISO 2022 IR 149",
     "Hong^Gildong=\x1B$)C\xFB\xF3^\x1B$)C\xD1\xCE\xD4\xD7=\x1B$)C\xC8\xAB^\x1B$)C\xB1\xE6\xB5\xBF",
     "Hong^Gildong=洪^吉洞=홍^길동"},
    {"J.1 UTF-8", "ISO_IR 192", "Wang^XiaoDong=\xE7\x8E\x8B^\xE5\xB0\x8F\xE6\x9D\xB1=", "Wang^XiaoDong=王^小東="},
    {"J.2 GB18030", "GB18030", "Wang^XiaoDong=\xCD\xF5^\xD0\xA1\xB6\xAB=", "Wang^XiaoDong=王^小东="},
    {"GB18030 of four bytes", "GB18030", "\x95\x32\x82\x36^\xB0\xA1", "𠀀^啊"},
    {"GBK", "GBK", "\xCD\xF5^\x81\x5C", "王^乗"},
    {"K.2 hanzi", "\\ISO 2022 IR 58",
     "Zhang^XiaoDong=\x1B$)A\xD5\xC5^\x1B$)A\xD0\xA1\xB6\xAB=", "Zhang^XiaoDong=张^小东="},
    {"German", "ISO_IR 100",
     "\xC4neas^R\xFC"
     "diger",
     "Äneas^Rüdiger"},
    {"French", "ISO_IR 100", "Buc^J\xE9r\xF4me", "Buc^Jérôme"},
    {"Polish", "ISO_IR 101",
     "W\xB1tr\xF3"
     "bka^\xA3ucja",
     "Wątróbka^Łucja"},
    {"Maltese", "ISO_IR 109", "\xA1ut^\xE5", "Ħut^ċ"},
    {"Latvian", "ISO_IR 110", "B\xBArzi\xF1\xB9", "Bērziņš"},
    {"Greek", "ISO_IR 126", "\xC4\xE9\xEF\xED\xF5\xF3\xE9\xEF\xF2", "Διονυσιος"},
    {"Arabic", "ISO_IR 127", "\xE2\xC8\xC7\xE6\xEA^\xE4\xE6\xD2\xC7\xD1", "قباني^لنزار"},
    {"Hebrew", "ISO_IR 138", "\xF9\xF8\xE5\xEF^\xE3\xE1\xE5\xF8\xE4", "שרון^דבורה"},
    {"Russian", "ISO_IR 144",
     "\xBB\xEE\xDA"
     "ce\xDC\xD1yp\xD3",
     "Люкceмбypг"},
    {"Turkish", "ISO_IR 148", "\xDDpek^G\xFCl\xFE", "İpek^Gülş"},
    {"Latin-9", "ISO_IR 203", "\xBCuvre^\xA4", "Œuvre^€"},
    {"Thai", "ISO_IR 166", "\xCA\xC1\xAA\xD2\xC2", "สมชาย"},
    {"two single-byte sets", "ISO 2022 IR 100\\ISO 2022 IR 126", "J\xE9r\xF4me^\x1B-F\xC4\xE9\xEF\x1B-A^\xE9",
     "Jérôme^Διο^é"},
};

}  // namespace

TEST_CASE("the C library has every converter")
{
    std::string missing;
    CHECK(charsets_available(&missing));
    CHECK(missing == "");
}

TEST_CASE("names of the standard are read, and written so that they are read again")
{
    for (auto const& n : names) {
        CAPTURE(n.name);
        auto const t = read(n.label, n.bytes);
        CHECK(t.utf8 == n.utf8);
        CHECK(t.lost == 0);

        auto const back = encode(n.utf8, charset(n.label), text_form::names);
        CHECK(back.lossless);
        CHECK(back.bytes == n.bytes);
        CHECK(charset(n.label).label() == n.label);
    }
}

TEST_CASE("a label means what was meant")
{
    struct {
        char const* label;
        char const* meant;
    } const cases[] = {
        {"ISO_IR 100", "ISO_IR 100"},
        {"ISO_IR 100 ", "ISO_IR 100"},
        {"ISO-IR 100", "ISO_IR 100"},
        {"ISO IR 100", "ISO_IR 100"},
        {"ISO_IR_100", "ISO_IR 100"},
        {"iso_ir 100", "ISO_IR 100"},
        {"ISOIR100", "ISO_IR 100"},
        {"ISO 8859-1", "ISO_IR 100"},
        {"latin1", "ISO_IR 100"},
        {"ISO 2022 IR 100", "ISO_IR 100"},
        {"ISO 2022 100", "ISO_IR 100"},
        {"ISO-IR 192", "ISO_IR 192"},
        {"UTF-8", "ISO_IR 192"},
        {"utf8", "ISO_IR 192"},
        {"ISO_IR 192\\ISO_IR 100", "ISO_IR 192"},
        {"\\ISO_IR 192", "ISO_IR 192"},
        {"ISO_IR 87", "\\ISO 2022 IR 87"},
        {"ISO 2022 IR 149", "\\ISO 2022 IR 149"},
        {"ISO_IR 149", "\\ISO 2022 IR 149"},
        {"iso 2022 ir 6\\iso 2022 ir 149", "\\ISO 2022 IR 149"},
        {"ISO_IR 13\\ISO_IR 87", "ISO 2022 IR 13\\ISO 2022 IR 87"},
        {"ISO 2022 IR 6\\ISO 2022 IR 87\\ISO 2022 IR 159", "\\ISO 2022 IR 87\\ISO 2022 IR 159"},
        {"gb18030", "GB18030"},
        {"GB2312", "GBK"},
        {"ISO_IR 6", ""},
        {"windows-1252", ""},
        {"", ""},
        {"\\", ""},
        {"nonsense", ""},
        {"ISO_IR 999", ""},
        {"ISO_IR 1000000000000000000000000000000000", ""},
    };
    for (auto const& c : cases) {
        CAPTURE(c.label);
        CHECK(charset(c.label).label() == c.meant);
    }
    CHECK(charset("ISO_IR 6").has_label());
    CHECK_FALSE(charset("nonsense").has_label());
}

TEST_CASE("every code set has a label that finds it")
{
    for (auto const& row : code_sets()) {
        for (auto const label : {row.term, row.extension}) {
            if (label.empty())
                continue;
            CAPTURE(label);
            REQUIRE(charset(label).sets().size() == 1);
            CHECK(charset(label).sets().front() == row.set);
        }
    }
}

TEST_CASE("a wrong or missing label costs no more than it must")
{
    struct {
        char const* name;
        char const* label;
        char const* fallback;
        std::string bytes;
        char const* utf8;
        std::uint32_t lost = 0;
    } const cases[] = {
        {"no label, UTF-8", "", "ISO_IR 100", "M\xC3\xBCller", "Müller"},
        {"no label, Latin-1", "", "ISO_IR 100", "M\xFCller", "Müller"},
        {"no label, the source's Windows", "", "windows-1252", "\x8AkodA \x80", "ŠkodA €"},
        {"no label, the source's KOI8", "", "KOI8-R", "\xE9\xD7\xC1\xCE", "Иван"},
        {"no label, the source's GB18030 with 0x5C in a character", "", "GB18030", "\x81\x5C\\\xCD\xF5", "乗\\王"},
        {"no label, the source's Shift_JIS", "", "shift_jis", "\x95\x5C\\\xD4\xCF", "表\\ﾔﾏ"},
        {"no label, no default", "", "", "M\xFCller", "M\uFFFDller", 1},
        {"no label, a default that does not know it", "", "ISO_IR 100", "M\x81ller", "M\uFFFDller", 1},
        {"no label, escape sequences", "", "ISO_IR 100", "\x1B$B;3ED\x1B(B", "山田"},
        {"ISO_IR 6, UTF-8", "ISO_IR 6", "ISO_IR 100", "M\xC3\xBCller", "Müller"},
        {"ISO_IR 6, Latin-1", "ISO_IR 6", "ISO_IR 100", "M\xFCller", "Müller"},
        {"Latin-1 that is UTF-8", "ISO_IR 100", "ISO_IR 100", "M\xC3\xBCller", "Müller"},
        {"Latin-1 that is UTF-8, cut off", "ISO_IR 100", "ISO_IR 100", "M\xC3\xBCller\xC3", "Müller\uFFFD", 1},
        {"Latin-1 that only looks so at first", "ISO_IR 100", "ISO_IR 100", "\xC3\xBC\xFC", "Ã¼ü"},
        {"Cyrillic that could be UTF-8 is Cyrillic", "ISO_IR 144", "ISO_IR 100", "\xC2\xB0", "ТА"},
        {"Latin-1 that is Windows", "ISO_IR 100", "windows-1252", "\x8Akoda", "Škoda"},
        {"UTF-8 that is Latin-1", "ISO_IR 192", "ISO_IR 100", "J\xE9r\xF4me", "Jérôme"},
        {"UTF-8 that is cut off", "ISO_IR 192", "ISO_IR 100", "\xE7\x8E\x8B\xE5\xB0", "王\uFFFD", 1},
        {"UTF-8 that is JIS", "ISO_IR 192", "ISO_IR 100", "\x1B$B;3ED\x1B(B", "山田"},
        {"GB18030 that is cut off", "GB18030", "ISO_IR 100", "\xCD\xF5\xD0", "王\uFFFD", 1},
        {"KS X 1001 that is cut off", "\\ISO 2022 IR 149", "ISO_IR 100", "\x1B$)C\xFB\xF3\xD1", "洪\uFFFD", 1},
        {"GB18030 that is UTF-8", "GB18030", "ISO_IR 100", "M\xC3\xBC", "M眉"},  // valid, nobody can tell
        {"Korean without escapes", "ISO 2022 IR 149", "ISO_IR 100", "\xC8\xAB^\xB1\xE6\xB5\xBF", "홍^길동"},
        {"Korean that forgets them after ^", "\\ISO 2022 IR 149", "ISO_IR 100", "\x1B$)C\xC8\xAB^\xB1\xE6", "홍^길"},
        {"the syllables of UHC", "\\ISO 2022 IR 149", "ISO_IR 100", "\x1B$)C\x8C\x63\xB9\xE6", "똠방"},
        {"the kanji of NEC and IBM", "\\ISO 2022 IR 87", "ISO_IR 100", "\x1B$B-!|b;3\x1B(B", "①髙山"},
        {"the old JIS", "\\ISO 2022 IR 87", "ISO_IR 100", "\x1B$@;3ED\x1B(B", "山田"},
        {"one bad value among good ones", "ISO_IR 192", "", "J\xE9\\\xC3\xA9\\x", "J\uFFFD\\é\\x", 1},
        {"an escape sequence nobody knows", "ISO_IR 100", "", "a\x1B(Kb", "a\uFFFD(Kb", 1},
        {"an escape at the end", "ISO_IR 100", "", "a\x1B", "a\uFFFD", 1},
        {"half a kanji", "\\ISO 2022 IR 87", "", "\x1B$B;3E", "山\uFFFD", 1},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto const t = read(c.label, c.bytes, c.fallback);
        CHECK(t.utf8 == c.utf8);
        CHECK(t.lost == c.lost);
    }
}

TEST_CASE("a delimiter ends a designation, a character that holds 0x5C does not end a value")
{
    auto const jis = "\\ISO 2022 IR 87";
    // 0x5C both as lead and as trail byte of G0.
    CHECK(read(jis, "\x1B$B\\9I\\\x1B(B\\b", "", text_form::values).utf8 == "楾府\\b");
    CHECK(read("GB18030", "\x81\x5C\\b", "", text_form::values).utf8 == "乗\\b");
    CHECK(read("GB18030", "\x95\x32\x82\x36\\b", "", text_form::values).utf8 == "𠀀\\b");
    CHECK(read("ISO_IR 13", "\xD4\\\xCF", "", text_form::values).utf8 == "ﾔ\\ﾏ");

    auto const two = "ISO 2022 IR 100\\ISO 2022 IR 126";
    CHECK(read(two, "\x1B-F\xC4\\\xE9", "", text_form::values).utf8 == "Δ\\é");
    CHECK(read(two, "\x1B-F\xC4^\xE9", "", text_form::values).utf8 == "Δ^ι");
    CHECK(read(two, "\x1B-F\xC4=\xE9", "", text_form::names).utf8 == "Δ=é");
    CHECK(read(two, "\x1B-F\xC4\\\xE9", "", text_form::text).utf8 == "Δ\\ι");
    for (auto const* const line_end : {"\r\n", "\n", "\f", "\t"})
        CHECK(read(two, "\x1B-F\xC4"s + line_end + "\xE9", "", text_form::text).utf8 == "Δ"s + line_end + "é");
    CHECK(read(jis, "\x1B$B;3\r\nED", "", text_form::text).utf8 == "山\r\nED");
}

TEST_CASE("control characters go, but for TAB, LF, FF and CR")
{
    CHECK(read("",
               "a\x01"
               "b\x7F\x1F"s +
                   '\0' + "c\t\n\f\r",
               "", text_form::text)
              .utf8 == "abc\t\n\f\r");
    CHECK(read("ISO_IR 192", "\xC3\xA9\x02\x0B", "", text_form::text).utf8 == "é");
    CHECK(read("GBK", "\xCD\xF5\x08", "", text_form::text).utf8 == "王");
}

TEST_CASE("plain text is told from what needs a look, wherever it stands")
{
    for (std::size_t size = 0; size < 40; ++size) {
        std::string const plain(size, '~');
        CHECK(is_plain(plain));
        for (std::size_t i = 0; i < size; ++i)
            for (char const odd : {'\0', '\x1B', '\x1F', '\x7F', '\x80', '\xFF'}) {
                auto text = plain;
                text[i] = odd;
                CHECK_FALSE(is_plain(text));
            }
    }
    for (int c = 0; c < 256; ++c)
        CHECK(is_plain(std::string(9, static_cast<char>(c))) == (c >= 0x20 && c < 0x7F));
}

TEST_CASE("a key is written in the character set of the archive, and says when it cannot")
{
    struct {
        char const* name;
        char const* label;
        std::string utf8;
        std::string bytes;
        bool lossless = true;
        text_form form = text_form::names;
    } const cases[] = {
        {"ASCII needs no label", "", "M?ller^*", "M?ller^*"},
        {"UTF-8", "ISO_IR 192", "Müller^王*", "Müller^王*"},
        {"Latin-1", "ISO_IR 100", "Müller", "M\xFCller"},
        {"Latin-1 without the character", "ISO_IR 100", "Škoda", "?koda", false},
        {"no label, not ASCII", "", "Müller", "M?ller", false},
        {"kanji", "ISO 2022 IR 87", "山田*", "\x1B$B;3ED\x1B(B*"},
        {"kanji that JIS lacks", "ISO 2022 IR 87", "山髙", "\x1B$B;3\x1B(B?", false},
        {"hanzi that needs four bytes, in GBK", "GBK", "王𠀀", "\xCD\xF5?", false},
        {"katakana before kanji", "ISO 2022 IR 13\\ISO 2022 IR 87", "ﾔ山", "\xD4\x1B$B;3\x1B(J"},
        {"a line end", "\\ISO 2022 IR 149", "홍\n길", "\x1B$)C\xC8\xAB\n\x1B$)C\xB1\xE6", true, text_form::text},
        {"a set again before a delimiter", "ISO 2022 IR 100\\ISO 2022 IR 126", "Δ^é", "\x1B-F\xC4\x1B-A^\xE9"},
        {"a backslash that would end the value", "ISO_IR 192", "a\\é", "a?é", false},
        {"a backslash where it is text", "ISO_IR 192", "a\\é", "a\\é", true, text_form::text},
        {"an escape character", "ISO_IR 100", "a\x1B(Bb", "a?(Bb", false},
        {"what is not UTF-8", "ISO_IR 192", "a\xFF", "a?", false},
        {"what Latin-1 readers would take for UTF-8", "ISO_IR 100", "Ã¼", "\xC3\xBC", false},
        {"no escape sequence leads to it", "ISO 2022 IR 6\\windows-1252", "€", "?", false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto const e = encode(c.utf8, charset(c.label), c.form);
        CHECK(e.bytes == c.bytes);
        CHECK(e.lossless == c.lossless);
    }
}

TEST_CASE("single-byte sets come back from what they decode to")
{
    for (auto const& row : code_sets()) {
        if (row.shape != code_shape::single)
            continue;
        CAPTURE(row.iconv_name);
        std::size_t known = 0;
        for (unsigned byte = 0x80; byte <= 0xFF; ++byte) {
            auto const c = high_character(row.set, static_cast<unsigned char>(byte));
            if (c == 0)
                continue;
            ++known;
            CHECK(high_character(row.set, high_byte(row.set, c)) == c);
        }
        CHECK((known > 40) == (row.set != code_set::ascii));
    }
}

TEST_CASE("a label that is wrong at a source is read as what it means there, however it is spelt")
{
    source_text const source("ISO_IR 100", {{"iso-ir 100", "ISO_IR 144"}, {"\\ISO 2022 IR 87", "windows-1251"}});
    struct {
        char const* label;
        std::string bytes;
        char const* utf8;
    } const cases[] = {
        {"ISO_IR 100", "\xB8\xD2\xD0\xDD\xDE\xD2", "Иванов"},
        {"ISO 2022 IR 6\\ISO_IR 100", "\xB8\xD2\xD0\xDD\xDE\xD2", "Иванов"},
        {"ISO 2022 IR 87", "\xC8\xE2\xE0\xED\xEE\xE2", "Иванов"},
        {"ISO_IR 100", "Иванов", "Иванов"},         // UTF-8 is seen
        {"ISO_IR 101", "W\xB1tr\xF3", "Wątró"},     // another label means what it says
        {"", "M\xFCller", "Müller"},                // and so does none
        {"ISO_IR 100\\ISO_IR 126", "M\xFC", "Mü"},  // or two of them
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.label));
        std::string utf8;
        CHECK(decode(c.bytes, source.unlabelled.labelled(c.label), text_form::names, utf8) == 0);
        CHECK(utf8 == c.utf8);
    }
    CHECK(source.unlabelled.labelled("ISO_IR 100").is_relabelled());
    CHECK_FALSE(source.unlabelled.labelled("ISO_IR 101").is_relabelled());
}
