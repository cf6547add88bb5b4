#include "mapping/codecs/name_search.hpp"

#include "mapping/codecs/folding.hpp"

#include <doctest/doctest.h>

#include <random>
#include <vector>

using namespace pons::mapping::codecs;
using enum name_part;
using enum string_match;

namespace {

bool hit(name_part part, string_match how, std::string_view value, std::string_view pn)
{
    return name_query(part, how, value).matches(pn);
}

constexpr std::string_view no_key = "(none)";

std::string key(string_match how, std::string_view value, name_letters letters)
{
    auto k = name_query(any, how, value).to_key(letters);
    return k ? k->text : std::string(no_key);
}

}  // namespace

TEST_CASE("finds names as FHIR's string search does")
{
    constexpr std::string_view pn = "van der Berg^Anna Maria^Éva^Dr.^Jr.=山田^太郎=やまだ^たろう";
    struct {
        name_part part;
        string_match how;
        std::string_view value;
        bool found;
    } const cases[] = {
        {family, starts_with, "van", true},
        {family, starts_with, "VAN DER", true},
        {family, starts_with, "van  der b", true},
        {family, starts_with, "berg", false},
        {family, contains, "berg", true},
        {family, contains, "r b", true},
        {family, exact, "van der Berg", true},
        {family, exact, "van der berg", false},
        {family, exact, "van der Ber", false},
        {family, starts_with, "anna", false},
        {family, starts_with, "山", true},
        {family, exact, "やまだ", true},
        {given, starts_with, "anna m", true},
        {given, starts_with, "maria", true},
        {given, starts_with, "aria", false},
        {given, contains, "aria", true},
        {given, exact, "Maria", true},
        {given, exact, "maria", false},
        {given, starts_with, "eva", true},
        {given, exact, "Eva", false},
        {given, exact, "E\u0301va", true},
        {given, starts_with, "太", true},
        {given, starts_with, "van", false},
        {any, starts_with, "dr", true},
        {any, starts_with, "jr.", true},
        {any, starts_with, "anna maria eva van", false},  // the display text begins with Dr.
        {any, starts_with, "dr. anna maria eva van", true},
        {any, contains, "eva van", true},
        {any, exact, "Dr. Anna Maria Éva van der Berg Jr.", true},
        {any, starts_with, "山田 太郎", true},
        {any, starts_with, "太郎", true},
        {any, starts_with, "maria", true},
        {any, starts_with, "berg", false},
        {any, contains, "zzz", false},
        {any, contains, "van der berg jr. x", false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.value);
        CHECK(hit(c.part, c.how, c.value, pn) == c.found);
    }
}

TEST_CASE("case, accents and spelling do not count")
{
    CHECK(hit(any, starts_with, "müller", "MULLER^HANS"));
    CHECK(hit(any, starts_with, "MULLER", "Müller^Hans"));
    CHECK(hit(any, starts_with, "Mu\u0308ller", "M\u00fcller^Hans"));
    CHECK(hit(family, exact, "Mu\u0308ller", "M\u00fcller^Hans"));
    CHECK_FALSE(hit(family, exact, "Muller", "Müller^Hans"));
    CHECK(hit(any, starts_with, "o'neil", "O’Neil^Tatum"));
    CHECK(hit(any, starts_with, "strauss", "Strauß"));
    CHECK(hit(any, starts_with, "straus", "Strauß"));
    CHECK_FALSE(hit(any, starts_with, "이", "임^꺽정"));
}

TEST_CASE("nothing matches what no name can hold")
{
    for (std::string_view value : {"", "  ", "\u0301", "a\\b", "a^b", "a=b", "a\x01", "a\n", "^", "="}) {
        CAPTURE(value);
        name_query query(any, contains, value);
        CHECK(query.impossible());
        CHECK_FALSE(query.matches("a^b=a^b"));
        CHECK_FALSE(query.to_key(name_letters::likely));
    }
    CHECK_FALSE(hit(any, contains, "a", ""));
    CHECK_FALSE(hit(any, contains, "a", "^^^="));
    // Wild cards are letters like others.
    CHECK_FALSE(hit(any, contains, "a*", "ab"));
    CHECK(hit(any, contains, "a*", "xa*b"));
    CHECK_FALSE(hit(any, starts_with, "??", "ab"));
}

TEST_CASE("a key holds only what is certain")
{
    struct {
        std::string_view name;
        string_match how;
        std::string_view value;
        std::string_view likely;
        std::string_view sure;
    } const cases[] = {
        {"a plain name", starts_with, "Miller", "*m*ll*r*", no_key},
        {"letters that carry no accents", starts_with, "Pfimbqvox", "*pf*mbqv*x*", "*pf*mbqv*x*"},
        {"an accent in the query", starts_with, "Köhler", "*k*hl*r*", no_key},
        {"none, where the archive may have one", starts_with, "Kohler", "*k*hl*r*", no_key},
        {"wild cards cannot get in", starts_with, "mi*er?x", "*m*r*x*", "*m*x*"},
        {"a wild card alone", starts_with, "*", no_key, no_key},
        {"punctuation", starts_with, "O'Reilly", "*r*ll*", no_key},
        {"the word that says most", starts_with, "van der Berg", "*b*rg*", no_key},
        {"letters that may be one letter", exact, "strasse", "*str*", no_key},
        {"which may be cut at the end", starts_with, "straus", "*str*", no_key},
        {"at both ends", contains, "sos", no_key, no_key},
        {"and are whole in exact", exact, "sos", "*s*s*", no_key},
        {"one letter is too little", starts_with, "m", no_key, no_key},
        {"nothing but accents possible", starts_with, "Ann", no_key, no_key},
        {"ideographs", starts_with, "山田", "*山*田*", "*山*田*"},
        {"ASCII before ideographs", starts_with, "山田 lb", "*lb*", "*山*田*"},
        {"kana may be half width", starts_with, "やまだ", no_key, no_key},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        CHECK(key(c.how, c.value, name_letters::likely) == c.likely);
        CHECK(key(c.how, c.value, name_letters::sure) == c.sure);
    }
    CHECK(name_query(any, starts_with, "Miller").to_key(name_letters::likely)->ascii);
    CHECK_FALSE(name_query(any, starts_with, "山田").to_key(name_letters::sure)->ascii);
}

TEST_CASE("no accented letter of Latin-1 and Latin Extended-A folds to a letter that is sure")
{
    auto const is_taken = [](char32_t c, name_letters letters) {
        return key(exact, std::string(2, static_cast<char>(c)), letters) != no_key;
    };
    std::size_t accented = 0;
    for (char32_t c = 0xC0; c <= 0x17F; ++c) {
        std::string const utf8{static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F))};
        auto const folded = fold(utf8, folding::search);
        if (folded.size() != 1 || folded[0] >= 0x80)
            continue;
        CAPTURE(utf8);
        ++accented;
        CHECK_FALSE(is_taken(folded[0], name_letters::sure));
        bool const islandic = c == U'Ð' || c == U'ð';
        if (c <= 0xFF && !islandic)
            CHECK_FALSE(is_taken(folded[0], name_letters::likely));
    }
    CHECK(accented > 150);
    for (char32_t const c : U"bfmpqvx")
        if (c != 0)
            CHECK(is_taken(c, name_letters::sure));
}

TEST_CASE("parts that a name has")
{
    struct {
        char const* pn;
        bool any, family, given;
    } const cases[] = {
        {"Doe^Jane", true, true, true},      {"Doe", true, true, false},         {"^Jane", true, false, true},
        {"^^Quincy", true, false, true},     {"^^^Dr.", true, false, false},     {"^^^^Jr", true, false, false},
        {"=山田^花子", true, true, true},    {"==^たろう", true, false, true},   {" ^ ", false, false, false},
        {"^^^^^sixth", false, false, false}, {"===fourth", false, false, false}, {"", false, false, false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.pn);
        CHECK(has_part(c.pn, any) == c.any);
        CHECK(has_part(c.pn, family) == c.family);
        CHECK(has_part(c.pn, given) == c.given);
    }
}

TEST_CASE("a name that a client wrote is widened where accents may stand")
{
    struct {
        std::string_view written;
        std::string_view likely;
    } const cases[] = {
        {"KOHLER^HANS", "K*HL*R^H*S"},
        {"Köhler*", "K*hl*r*"},
        {"M?ller", "M?ll*r"},
        {"Ann*", "*"},
        {"^Bob", "^B*b"},
        {"山田", "*"},
    };
    for (auto const& c : cases)
        CHECK(widen_accents(c.written, name_letters::likely) == c.likely);
    CHECK(widen_accents("Pfbm^Kr", name_letters::sure) == "Pfbm^*");
}

namespace {

bool wild_match(std::u32string_view pattern, std::u32string_view text)
{
    if (pattern.empty())
        return text.empty();
    if (pattern.front() == '*')
        return wild_match(pattern.substr(1), text) || (!text.empty() && wild_match(pattern, text.substr(1)));
    return !text.empty() && pattern.front() == text.front() && wild_match(pattern.substr(1), text.substr(1));
}

/// What an archive without case makes of a value: letters with accents are letters of their own.
std::u32string insensitive(std::string_view value)
{
    std::u32string out;
    for (char32_t c : fold(value, folding::none)) {
        std::string one;
        if (c < 0x80)
            one = static_cast<char>(c);
        else if (c < 0x800)
            one = {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F))};
        else
            one = {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3F)),
                   static_cast<char>(0x80 | (c & 0x3F))};
        auto folded = c < 0x80 ? fold(one, folding::search) : std::u32string(1, c);
        if (one == " ")
            out.push_back(' ');
        else if (folded.size() == 1)
            out.push_back(folded[0]);
        else if (folded.size() > 1)
            out.push_back(c);
    }
    return out;
}

}  // namespace

TEST_CASE("whatever matches a query also matches its key in an archive without case")
{
    std::mt19937 random(11);
    constexpr char const* letters[] = {"a", "e", "s", "P",       "t", "h", "o", "B",  "ß",  "æ", "œ",
                                       "þ", "é", "Ü", "o\u0308", "-", "'", " ", "山", "田", "ø", "1"};
    auto word = [&](std::size_t most) {
        std::string text;
        for (auto n = random() % (most + 1); n != 0; --n)
            text += letters[random() % std::size(letters)];
        return text;
    };
    int matched = 0;
    int pushed = 0;
    for (int i = 0; i != 60'000; ++i) {
        std::string pn;
        for (int c = 0; c != 5; ++c)
            pn.append(word(4)).push_back(c == 4 ? '=' : '^');
        pn += word(3) + "^" + word(3);
        auto const part = static_cast<name_part>(random() % 3);
        auto const how = static_cast<string_match>(random() % 3);
        // Most values are cut out of the name, so that they match.
        std::string value = word(3);
        if (random() % 4 != 0) {
            std::string buffer;
            auto const shown = std::string(display(parse_person_name(pn), buffer));
            auto const from = shown.empty() ? 0 : random() % shown.size();
            value = shown.substr(from, random() % 6);
        }
        name_query query(part, how, value);
        if (!query.matches(pn))
            continue;
        ++matched;
        auto k = query.to_key(i % 2 == 0 ? name_letters::sure : name_letters::likely);
        if (!k)
            continue;
        ++pushed;
        if (!wild_match(fold(k->text, folding::none), insensitive(pn))) {
            CAPTURE(pn);
            CAPTURE(value);
            CAPTURE(k->text);
            FAIL("the key loses a name");
        }
    }
    CHECK(matched > 5000);
    CHECK(pushed > 500);
}
