#include "upstream/search/misread_letters.hpp"

#include "mapping/dictionary.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace pons;
using namespace pons::mapping;
using upstream::lettered_key;
using upstream::misread_letters;

namespace {

data_set row_of(char const* label, char const* name)
{
    data_set row;
    if (label)
        row.add(tags::SpecificCharacterSet, label);
    row.add(tags::PatientName, name);
    row.add(tags::StudyInstanceUID, "1.2");
    return row;
}

struct seen_row {
    char const* label;
    char const* name;
};

/// Whether it is said that what was asked for may be among rows that were refused.
bool tells(std::vector<seen_row> const& rows, char const* asked, bool guessed, bool matched = false)
{
    misread_letters letters(source_text("ISO_IR 100"));
    lettered_key const key{{tags::PatientName}, upstream::letters_beyond_ascii(asked)};
    lettered_key const* const keys[] = {&key};
    if (guessed)
        letters.guessed();
    for (auto const& one : rows)
        letters.refused(row_of(one.label, one.name), keys);
    std::vector<issue> issues;
    letters.tell(matched, issues);
    CHECK(std::ranges::all_of(issues, [](issue const& i) { return i.what == issue::kind::incomplete; }));
    return !issues.empty();
}

}  // namespace

TEST_CASE("a row that was read without a label, in a set without the letters asked for, may be meant")
{
    CHECK(tells({{nullptr, "¸ÒÐÝÞÒ^¿Ñâà"}}, "Иванов", true));
    CHECK(tells({{"nonsense", "¸ÒÐÝÞÒ"}}, "Иванов", true, true));
    CHECK_FALSE(tells({{nullptr, "Müller"}}, "Köhler", true));   // it would be seen
    CHECK_FALSE(tells({{nullptr, "¸ÒÐÝÞÒ"}}, "Иванов", false));  // it was UTF-8
    CHECK_FALSE(tells({{nullptr, "小林"}}, "Иванов", true));     // so it was
    CHECK_FALSE(tells({{nullptr, "Miller"}}, "Иванов", true));
    CHECK(tells({{"ISO_IR 192", "M\uFFFDller"}}, "Köhler", false));  // a character was lost
}

TEST_CASE("rows whose labels do not have the letters asked for may be meant, unless others do, or something was found")
{
    CHECK(tells({{"ISO_IR 100", "¸ÒÐÝÞÒ"}}, "Иванов", false));
    CHECK(tells({{"ISO_IR 100", "¸ÒÐÝÞÒ"}, {"ISO_IR 100", "小林"}}, "Иванов", false));
    CHECK_FALSE(tells({{"ISO_IR 100", "¸ÒÐÝÞÒ"}, {"ISO_IR 144", "Петров"}}, "Иванов", false));
    CHECK_FALSE(tells({{"ISO_IR 100", "¸ÒÐÝÞÒ"}}, "Иванов", false, true));
    CHECK_FALSE(tells({{"ISO_IR 192", "Müller"}}, "Иванов", false));
    CHECK_FALSE(tells({{"ISO_IR 100", "Miller"}}, "Иванов", false));
    CHECK_FALSE(tells({{"ISO_IR 100", "Müller"}}, "Köhler", false));
}
