#include "mapping/matching.hpp"

#include "mapping/errc.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::mapping;

namespace {

match_key key_of(std::vector<tag> path, std::string_view value)
{
    auto const as = find_attribute(path.back())->vr;
    auto const key = make_match_key(std::move(path), as, value, true);
    REQUIRE(key);
    return *key;
}

matched judged(std::vector<match_key> const& keys, data_set const& row)
{
    data_set const* const levels[] = {&row};
    return matcher(keys).of(levels);
}

}  // namespace

TEST_CASE("attribute matching by kind of value")
{
    constexpr auto yes = matched::yes;
    constexpr auto no = matched::no;
    struct {
        char const* name;
        tag t;
        char const* key;
        char const* stored;  // "" is an attribute without value
        matched met;
    } const cases[] = {
        {"single value", tags::AccessionNumber, "A1", "A1", yes},
        {"single value, another", tags::AccessionNumber, "A1", "A12", no},
        {"text has case", tags::StudyDescription, "chest", "CHEST", no},
        {"a stored value without content", tags::AccessionNumber, "A1", "", no},
        {"padding does not count", tags::AccessionNumber, " A1 ", "A1 ", yes},
        {"star", tags::StudyDescription, "CH*T", "CHEST", yes},
        {"star takes nothing as well", tags::StudyDescription, "CHEST*", "CHEST", yes},
        {"several stars", tags::StudyDescription, "*A*A*", "ABAB", yes},
        {"question mark is one", tags::StudyDescription, "CH?ST", "CHEST", yes},
        {"question mark is not none", tags::StudyDescription, "CHEST?", "CHEST", no},
        {"question mark is one character, not one byte", tags::StudyDescription, "K?pf", "Köpf", yes},
        {"no wild cards in UIDs' kin", tags::PatientBirthDate, "19700102", "19700102", yes},
        {"universal", tags::AccessionNumber, "*", "A1", yes},
        {"universal meets what is empty", tags::AccessionNumber, "*", "", yes},
        {"empty value", tags::AccessionNumber, "\"\"", "", yes},
        {"empty value, and it is not", tags::AccessionNumber, "\"\"", "A1", no},
        {"UID", tags::StudyInstanceUID, "1.2.3", "1.2.3", yes},
        {"UID, not a prefix", tags::StudyInstanceUID, "1.2.3", "1.2.34", no},
        {"list of UIDs", tags::StudyInstanceUID, "1.2,1.2.3", "1.2.3", yes},
        {"name without case", tags::PatientName, "doe^jane", "DOE^JANE", yes},
        {"name without accents", tags::PatientName, "Muller^Jurgen", "Müller^Jürgen", yes},
        {"name with a star", tags::PatientName, "do*", "DOE^JANE", yes},
        {"name, trailing delimiters do not count", tags::PatientName, "DOE^JANE^^^", "DOE^JANE", yes},
        {"name, a part is not the whole", tags::PatientName, "DOE", "DOE^JANE", no},
        {"name, another group of components", tags::PatientName, "山田*", "Yamada^Tarou=山田^太郎", yes},
        {"name, both groups", tags::PatientName, "Yamada*=山田*", "Yamada^Tarou=山田^太郎", yes},
        {"name, groups in the wrong order", tags::PatientName, "山田*=Yamada*", "Yamada^Tarou=山田^太郎", no},
        {"number with zeros", tags::SeriesNumber, "4", "004", yes},
        {"number with a sign", tags::SeriesNumber, "+4", "4", yes},
        {"another number", tags::SeriesNumber, "4", "40", no},
        {"day", tags::StudyDate, "20240310", "20240310", yes},
        {"day, the old form", tags::StudyDate, "20240310", "2024.03.10", yes},
        {"range of days", tags::StudyDate, "20240301-20240331", "20240331", yes},
        {"range of days, after it", tags::StudyDate, "20240301-20240331", "20240401", no},
        {"open towards the future", tags::StudyDate, "20240301-", "20991231", yes},
        {"open towards the past", tags::StudyDate, "-20240301", "20240301", yes},
        {"open towards the past, after it", tags::StudyDate, "-20240301", "20240302", no},
        {"no day stored", tags::StudyDate, "20240301-", "", no},
        {"what is stored is no day", tags::StudyDate, "20240301-", "20241399", no},
        {"time, less precise", tags::StudyTime, "10", "101530.5", yes},
        {"range of times", tags::StudyTime, "1000-1200", "113000", yes},
        {"range of times, its last minute", tags::StudyTime, "1000-1200", "120059", yes},
        {"range of times, after it", tags::StudyTime, "1000-1200", "120100", no},
        {"time with colons", tags::StudyTime, "1130", "11:30:00", yes},
        {"date and time", tag{0x0008002A}, "20240310", "20240310113000", yes},
        {"date and time, a range of months", tag{0x0008002A}, "202402-202403", "20240310113000", yes},
        {"date and time with an offset", tag{0x0008002A}, "20240310120000+0100", "20240310110000+0000", yes},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        data_set row;
        if (*c.stored)
            row.add(c.t, c.stored);
        else
            row.begin(c.t, find_attribute(c.t)->vr);
        CHECK(judged({key_of({c.t}, c.key)}, row) == c.met);
    }
}

TEST_CASE("one of several values is enough, and a row that does not tell is open")
{
    data_set row;
    row.add(tags::ModalitiesInStudy, vr_of('C', 'S'), {"CT", "SR"});
    CHECK(judged({key_of({tags::ModalitiesInStudy}, "SR")}, row) == matched::yes);
    CHECK(judged({key_of({tags::ModalitiesInStudy}, "MR")}, row) == matched::no);
    CHECK(judged({key_of({tags::AccessionNumber}, "A1")}, row) == matched::open);
    CHECK(judged({key_of({tags::AccessionNumber}, "A1"), key_of({tags::ModalitiesInStudy}, "MR")}, row) == matched::no);
    CHECK(judged({key_of({tags::AccessionNumber}, "")}, row) == matched::yes);
    CHECK(judged({}, row) == matched::yes);
}

TEST_CASE("an attribute counts in the first level that has it")
{
    data_set study;
    study.add(tags::TimezoneOffsetFromUTC, "+0100");
    study.add(tags::PatientID, "P1");
    data_set series;
    series.add(tags::TimezoneOffsetFromUTC, "+0200");
    data_set const* const levels[] = {&series, &study};
    std::vector<match_key> const keys{key_of({tags::TimezoneOffsetFromUTC}, "+0200"), key_of({tags::PatientID}, "P1")};
    CHECK(matcher(keys).of(levels) == matched::yes);
    CHECK(matcher(keys).missing(levels).empty());
    data_set const* const series_alone[] = {&series};
    CHECK(matcher(keys).of(series_alone) == matched::open);
    REQUIRE(matcher(keys).missing(series_alone).size() == 1);
    CHECK(matcher(keys).missing(series_alone).front() == &keys[1]);
}

TEST_CASE("a date and its time, both ranges, are one range")
{
    struct {
        char const* name;
        char const* dates;
        char const* times;
        char const* date;
        char const* time;
        bool met;
    } const cases[] = {
        {"before the first time of the first day", "20240310-20240312", "1000-1800", "20240310", "0959", false},
        {"on the first day", "20240310-20240312", "1000-1800", "20240310", "2300", true},
        {"at night in between", "20240310-20240312", "1000-1800", "20240311", "0300", true},
        {"on the last day", "20240310-20240312", "1000-1800", "20240312", "0300", true},
        {"after the last time of the last day", "20240310-20240312", "1000-1800", "20240312", "1801", false},
        {"open end", "20240310-", "1000-", "20240401", "0100", true},
        {"one day: both must be met", "20240310", "1000-1800", "20240310", "0959", false},
        {"one day, met", "20240310", "1000-1800", "20240310", "1000", true},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        data_set row;
        row.add(tags::StudyDate, c.date);
        row.add(tags::StudyTime, c.time);
        std::vector<match_key> const keys{key_of({tags::StudyTime}, c.times), key_of({tags::StudyDate}, c.dates)};
        CHECK((judged(keys, row) == matched::yes) == c.met);
    }
}

TEST_CASE("keys of a sequence must meet one and the same item")
{
    data_set row;
    auto* const items = row.add_sequence(tags::RequestAttributesSequence);
    items->emplace_back().add(tags::RequestedProcedureID, "R1");
    items->back().add(tags::ScheduledProcedureStepID, "S1");
    items->emplace_back().add(tags::RequestedProcedureID, "R2");
    items->back().add(tags::ScheduledProcedureStepID, "S2");
    auto const both = [&](char const* r, char const* s) {
        return judged({key_of({tags::RequestAttributesSequence, tags::RequestedProcedureID}, r),
                       key_of({tags::RequestAttributesSequence, tags::ScheduledProcedureStepID}, s)},
                      row);
    };
    CHECK(both("R1", "S1") == matched::yes);
    CHECK(both("R2", "S2") == matched::yes);
    CHECK(both("R1", "S2") == matched::no);
    data_set empty;
    empty.add_sequence(tags::RequestAttributesSequence);
    CHECK(judged({key_of({tags::RequestAttributesSequence, tags::RequestedProcedureID}, "R1")}, empty) == matched::no);
    CHECK(judged({key_of({tags::RequestAttributesSequence, tags::RequestedProcedureID}, "R1")}, data_set()) ==
          matched::open);
}

TEST_CASE("values that nothing in DICOM can be like are refused, by the attribute's name alone")
{
    struct {
        char const* name;
        tag t;
        char const* value;
    } const cases[] = {
        {"no date", tags::StudyDate, "2024-03-10"},
        {"a day that is none", tags::StudyDate, "20240230"},
        {"a range that ends before it begins", tags::StudyDate, "20240310-20240301"},
        {"a range without ends", tags::StudyDate, "-"},
        {"no time", tags::StudyTime, "25"},
        {"no UID", tags::StudyInstanceUID, "1.2.x"},
        {"a wild card in a UID", tags::StudyInstanceUID, "1.2.*"},
        {"a list with something else in it", tags::StudyInstanceUID, "1.2,,1.3"},
        {"no number", tags::SeriesNumber, "four"},
        {"a backslash", tags::PatientID, "A\\B"},
        {"a control character", tags::PatientID, "A\nB"},
        {"a sequence", tags::RequestAttributesSequence, "x"},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        auto const key = make_match_key({c.t}, find_attribute(c.t)->vr, c.value);
        REQUIRE_FALSE(key);
        CHECK(key.error().code == errc::invalid_value);
        CHECK(key.error().where == describe(c.t));
    }
}

TEST_CASE("what an archive can be asked for as it stands")
{
    CHECK(is_single_value(key_of({tags::PatientID}, "P1")));
    CHECK_FALSE(is_single_value(key_of({tags::PatientID}, "P?")));
    CHECK(is_single_value(key_of({tags::StudyDate}, "20240310")));
    CHECK_FALSE(is_single_value(key_of({tags::StudyDate}, "20240310-")));
    CHECK_FALSE(is_single_value(key_of({tags::StudyInstanceUID}, "1.2,1.3")));
    CHECK(key_of({tags::StudyDate}, "*").values.empty());
}
