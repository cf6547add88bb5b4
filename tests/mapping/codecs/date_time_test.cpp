#include "mapping/codecs/date_time.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace pons::mapping::codecs;
using namespace std::string_view_literals;

namespace {

std::int64_t at(std::string_view da, std::int64_t seconds = 0, std::int64_t microseconds = 0)
{
    return begin_of(*parse_da(da)) + seconds * microseconds_per_second + microseconds;
}

constexpr std::int64_t ten_fifteen_thirty = 10 * 3600 + 15 * 60 + 30;

}  // namespace

TEST_CASE("started says what was received, no more and no less")
{
    auto const vienna = find_zone("Europe/Vienna");
    REQUIRE(vienna);
    struct {
        std::string_view name;
        char const* da;
        char const* tm;
        char const* offset;
        bool zone;
        char const* text;  // null: no value
    } const cases[] = {
        {"offset of the data set", "20240229", "101530", "+0530", true, "2024-02-29T10:15:30+05:30"},
        {"offset alone", "20240229", "101530", "-0330", false, "2024-02-29T10:15:30-03:30"},
        {"zone of the source, winter", "20240229", "101530", "", true, "2024-02-29T10:15:30+01:00"},
        {"zone of the source, summer", "20240729", "101530", "", true, "2024-07-29T10:15:30+02:00"},
        {"no zone at all: never Z", "20240229", "101530", "", false, "2024-02-29"},
        {"UTC", "20240229", "101530", "+0000", false, "2024-02-29T10:15:30+00:00"},
        {"the ends of the offset's range", "20240229", "101530", "+1400", false, "2024-02-29T10:15:30+14:00"},
        {"the other end", "20240229", "101530", "-1200", false, "2024-02-29T10:15:30-12:00"},
        {"offset too far east", "20240229", "101530", "+1401", false, "2024-02-29"},
        {"offset too far west", "20240229", "101530", "-1201", false, "2024-02-29"},
        {"-0000 is no offset", "20240229", "101530", "-0000", false, "2024-02-29"},
        {"an offset that cannot be read: the source's", "20240229", "101530", "0100", true,
         "2024-02-29T10:15:30+01:00"},
        {"offset with 60 minutes", "20240229", "101530", "+0160", false, "2024-02-29"},
        {"offset with a colon", "20240229", "101530", "+01:00", false, "2024-02-29"},
        {"padded offset", "20240229", "101530", "+0100 ", false, "2024-02-29T10:15:30+01:00"},
        {"a time that clocks skipped", "20240331", "023000", "", true, "2024-03-31"},
        {"a time that clocks showed twice", "20241027", "023000", "", true, "2024-10-27"},
        {"which an offset makes sure", "20241027", "023000", "+0200", true, "2024-10-27T02:30:00+02:00"},
        {"no time", "20240229", "", "+0100", true, "2024-02-29"},
        {"hours alone", "20240229", "10", "+0100", true, "2024-02-29"},
        {"hours and minutes", "20240229", "1015", "+0100", true, "2024-02-29T10:15:00+01:00"},
        {"midnight", "20240229", "000000", "+0100", true, "2024-02-29T00:00:00+01:00"},
        {"the last second", "20240229", "235959", "+0100", true, "2024-02-29T23:59:59+01:00"},
        {"a leap second", "20161231", "235960", "+0000", true, "2016-12-31T23:59:60+00:00"},
        {"a second past it", "20161231", "235961", "+0000", true, "2016-12-31"},
        {"one digit of fraction", "20240229", "101530.5", "+0100", true, "2024-02-29T10:15:30.5+01:00"},
        {"zeros are kept", "20240229", "101530.000000", "+0100", true, "2024-02-29T10:15:30.000000+01:00"},
        {"six digits", "20240229", "101530.123456", "+0100", true, "2024-02-29T10:15:30.123456+01:00"},
        {"more than six", "20240229", "101530.1234567", "+0100", true, "2024-02-29T10:15:30.123456+01:00"},
        {"a point without digits", "20240229", "101530.", "+0100", true, "2024-02-29"},
        {"a fraction of minutes", "20240229", "1015.5", "+0100", true, "2024-02-29"},
        {"24:00", "20240229", "240000", "+0100", true, "2024-02-29"},
        {"sixty minutes", "20240229", "106000", "+0100", true, "2024-02-29"},
        {"an odd number of digits", "20240229", "10153", "+0100", true, "2024-02-29"},
        {"letters", "20240229", "10ab30", "+0100", true, "2024-02-29"},
        {"an at sign", "20240229", "@", "+0100", true, "2024-02-29"},
        {"a range is no time", "20240229", "1015-1030", "+0100", true, "2024-02-29"},
        {"the old form of a time", "20240229", "10:15:30", "+0100", true, "2024-02-29T10:15:30+01:00"},
        {"with fraction", "20240229", "10:15:30.25", "+0100", true, "2024-02-29T10:15:30.25+01:00"},
        {"without seconds", "20240229", "10:15", "+0100", true, "2024-02-29T10:15:00+01:00"},
        {"half in the old form", "20240229", "10:1530", "+0100", true, "2024-02-29"},
        {"the other half", "20240229", "1015:30", "+0100", true, "2024-02-29"},
        {"padding", " 20240229 ", " 101530 ", "+0100", true, "2024-02-29T10:15:30+01:00"},
        {"the old form of a date", "2024.02.29", "101530", "+0100", true, "2024-02-29T10:15:30+01:00"},
        {"half in it", "2024.0229", "101530", "+0100", true, nullptr},
        {"the form of FHIR", "2024-02-29", "101530", "+0100", true, nullptr},
        {"no date", "", "101530", "+0100", true, nullptr},
        {"not a leap year", "20230229", "101530", "+0100", true, nullptr},
        {"a century that was one", "20000229", "", "", true, "2000-02-29"},
        {"a century that was none", "19000229", "", "", true, nullptr},
        {"month 0", "20240001", "", "", true, nullptr},
        {"month 13", "20241301", "", "", true, nullptr},
        {"day 0", "20240100", "", "", true, nullptr},
        {"day 32", "20240132", "", "", true, nullptr},
        {"the 31st of April", "20240431", "", "", true, nullptr},
        {"year 0", "00000101", "", "", true, nullptr},
        {"the first year", "00010101", "", "", false, "0001-01-01"},
        {"the last day", "99991231", "", "", false, "9999-12-31"},
        {"zeros", "00000000", "", "", true, nullptr},
        {"one zero", "0", "", "", true, nullptr},
        {"six digits of a date", "202402", "", "", true, nullptr},
        {"a range is no date", "20240101-20240131", "", "", true, nullptr},
        {"a sign", "+2024229", "", "", true, nullptr},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto d = to_fhir(c.da, c.tm, c.offset, c.zone ? &*vienna : nullptr);
        REQUIRE(d.has_value() == (c.text != nullptr));
        if (d)
            CHECK(d->text.view() == c.text);
    }
}

TEST_CASE("started stands for the time that its text has")
{
    auto const vienna = find_zone("Europe/Vienna");
    REQUIRE(vienna);
    constexpr auto hour = 60 * microseconds_per_minute;

    auto d = *to_fhir("20240229", "101530", "+0100", nullptr);
    CHECK(d.zoned);
    CHECK(d.local == range{at("20240229", ten_fifteen_thirty), at("20240229", ten_fifteen_thirty + 1)});
    CHECK(d.utc == range{d.local.begin - hour, d.local.end - hour});

    d = *to_fhir("20240229", "101530.25", "+0100", nullptr);
    CHECK(d.local == range{at("20240229", ten_fifteen_thirty, 250'000), at("20240229", ten_fifteen_thirty, 260'000)});

    d = *to_fhir("20240229", "101530.000000", "+0100", nullptr);
    CHECK(d.local == range{at("20240229", ten_fifteen_thirty), at("20240229", ten_fifteen_thirty, 1)});

    d = *to_fhir("20161231", "235960.5", "+0000", nullptr);
    CHECK_MESSAGE((d.utc == range{at("20161231", 86399, 500'000), at("20161231", 86399, 600'000)}),
                  "a leap second stays in its day");

    d = *to_fhir("20240229", "", "", nullptr);
    CHECK_FALSE(d.zoned);
    CHECK(d.local == range{at("20240229"), at("20240301")});
    CHECK(d.utc == d.local);

    d = *to_fhir("20240229", "", "-0500", &*vienna);
    CHECK(d.zoned);
    CHECK(d.utc == range{d.local.begin + 5 * hour, d.local.end + 5 * hour});

    d = *to_fhir("20240331", "", "", &*vienna);
    CHECK(d.zoned);
    CHECK_MESSAGE((d.utc == range{at("20240330", 23 * 3600), at("20240331", 22 * 3600)}), "a day of 23 hours");

    d = *to_fhir("20241027", "023000", "", &*vienna);
    CHECK(d.zoned);
    CHECK_MESSAGE((d.utc == range{at("20241026", 22 * 3600), at("20241027", 23 * 3600)}), "a day of 25 hours");
}

TEST_CASE("a dateTime goes back to DICOM")
{
    struct {
        std::string_view name;
        char const* fhir;
        char const* da;  // null: no value
        char const* tm;
        char const* offset;
    } const cases[] = {
        {"date", "2024-02-29", "20240229", "", ""},
        {"time", "2024-02-29T10:15:30+05:30", "20240229", "101530", "+0530"},
        {"fraction", "2024-02-29T10:15:30.500-03:00", "20240229", "101530.500", "-0300"},
        {"fraction past six digits", "2024-02-29T10:15:30.1234567Z", "20240229", "101530.123456", "+0000"},
        {"leap second", "2016-12-31T23:59:60Z", "20161231", "235960", "+0000"},
        {"-00:00 is UTC", "2024-02-29T10:15:30-00:00", "20240229", "101530", "+0000"},
        {"a year", "2024", nullptr, "", ""},
        {"a month", "2024-02", nullptr, "", ""},
        {"no zone", "2024-02-29T10:15:30", nullptr, "", ""},
        {"no seconds", "2024-02-29T10:15+01:00", nullptr, "", ""},
        {"offset DICOM cannot say", "2024-02-29T10:15:30-13:00", nullptr, "", ""},
        {"a space for the plus", "2024-02-29T10:15:30 01:00", nullptr, "", ""},
        {"not a date", "2023-02-29", nullptr, "", ""},
        {"empty", "", nullptr, "", ""},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto d = to_dicom(c.fhir);
        REQUIRE(d.has_value() == (c.da != nullptr));
        if (d) {
            CHECK(d->da.view() == c.da);
            CHECK(d->tm.view() == c.tm);
            CHECK(d->offset.view() == c.offset);
        }
    }
}

TEST_CASE("what came from DICOM comes back as it was")
{
    std::mt19937 random(20240229);  // the same cases every time
    auto number = [&](unsigned below) { return std::uniform_int_distribution<unsigned>(0, below - 1)(random); };
    auto const zone = find_zone("America/New_York");
    REQUIRE(zone);
    for (int i = 0; i != 20'000; ++i) {
        auto da = print_da(local_days(std::chrono::days(number(60'000)) - std::chrono::days(20'000)));
        CHECK(print_da(*parse_da(da)) == da);
        short_text<13> tm;
        tm.append_number(number(24), 2);
        tm.append_number(number(60), 2);
        tm.append_number(number(61), 2);
        if (auto fraction_digits = number(7); fraction_digits != 0) {
            tm.append('.');
            for (; fraction_digits != 0; --fraction_digits)
                tm.append_number(number(10), 1);
        }
        short_text<5> offset;
        bool east = number(2) == 0;
        offset.append(east ? '+' : '-');
        offset.append_number(number(east ? 14 : 12), 2);
        offset.append_number(number(4) * 15, 2);
        if (offset == short_text<5>("-0000"))
            continue;
        bool with_offset = number(4) != 0;

        auto d = to_fhir(da, tm, with_offset ? offset.view() : "", &*zone);
        REQUIRE(d);
        CHECK(d->local.begin >= begin_of(*parse_da(da)));
        CHECK(d->local.end <= begin_of(*parse_da(da)) + microseconds_per_day);
        CHECK(d->local.begin < d->local.end);
        auto back = to_dicom(d->text);
        REQUIRE(back);
        CHECK(back->da == da);
        if (with_offset) {
            CHECK(back->tm == tm);
            CHECK(back->offset == offset);
            CHECK(to_fhir(back->da, back->tm, back->offset, nullptr) == d);
        }
    }
}

TEST_CASE("a birth date is a date")
{
    auto d = birth_date_to_fhir("19700131");
    REQUIRE(d);
    CHECK(d->text.view() == "1970-01-31");
    CHECK_FALSE(d->zoned);
    CHECK(d->local == range{at("19700131"), at("19700201")});
    CHECK_FALSE(birth_date_to_fhir("1970"));
    CHECK_FALSE(birth_date_to_fhir(""));
}

TEST_CASE("prints points in time")
{
    using namespace std::chrono;
    auto t = sys_days(2024y / February / 29) + 12h + 5min + 9s + 7ms;
    CHECK(print_instant(t).view() == "2024-02-29T12:05:09.007Z");
    CHECK(print_http_date(t).view() == "Thu, 29 Feb 2024 12:05:09 GMT");
    CHECK(print_http_date(sys_days(1994y / November / 6) + 8h + 49min + 37s).view() == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(print_instant(sys_days(1969y / December / 31) + 23h + 59min + 59s + 999ms).view() ==
          "1969-12-31T23:59:59.999Z");
}
