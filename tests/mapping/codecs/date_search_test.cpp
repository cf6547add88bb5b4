#include "mapping/codecs/date_search.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

using namespace pons::mapping::codecs;

namespace {

constexpr std::int64_t now = 1'709'208'000'000'000;  // 2024-02-29T12:00:00Z

date_value value(std::string_view text)
{
    auto v = parse_date_value(text, now);
    REQUIRE_MESSAGE(v, text);
    return *v;
}

std::string key(std::string_view text)
{
    return to_da_key(dates_of(value(text))).value_or("none");
}

}  // namespace

TEST_CASE("reads what FHIR allows as a date search value, and nothing else")
{
    struct {
        std::string_view text;
        std::int64_t seconds;  // how long the range is
        bool zoned;
        bool day_or_coarser;
    } const good[] = {
        {"2024", 366 * 86400, false, true},
        {"2023", 365 * 86400, false, true},
        {"2024-02", 29 * 86400, false, true},
        {"2024-12", 31 * 86400, false, true},
        {"2024-02-29", 86400, false, true},
        {"2024-02-29T10:15", 60, false, false},
        {"2024-02-29T10:15:30", 1, false, false},
        {"2024-02-29T10:15Z", 60, true, false},
        {"2024-02-29T10:15:30Z", 1, true, false},
        {"2024-02-29T10:15:30+14:00", 1, true, false},
        {"2024-02-29T10:15:30-12:00", 1, true, false},
        {"2024-02-29T10:15:30 01:00", 1, true, false},
        {"2016-12-31T23:59:60Z", 1, true, false},
        {"eq2024-02-29", 86400, false, true},
        {"9999", 365 * 86400, false, true},
        {"0001-01-01", 86400, false, true},
    };
    for (auto const& c : good) {
        CAPTURE(c.text);
        auto v = value(c.text);
        CHECK(v.prefix == prefix::eq);
        CHECK(v.local.end - v.local.begin == c.seconds * microseconds_per_second);
        CHECK(v.utc.has_value() == c.zoned);
        CHECK(v.day_or_coarser == c.day_or_coarser);
    }
    auto fraction = value("2024-02-29T10:15:30.25Z");
    CHECK(fraction.local.end - fraction.local.begin == 10'000);
    CHECK(value("2024-02-29T10:15:30 01:00") == value("2024-02-29T10:15:30+01:00"));
    CHECK(value("2024-02-29T10:15:30.1234567Z") == value("2024-02-29T10:15:30.123456Z"));
    CHECK(value("2024-02-29T10:15:30+01:00").utc->begin == value("2024-02-29T09:15:30Z").utc->begin);

    for (std::string_view text : {"",
                                  "eq",
                                  "23 May 2009",
                                  "24-02-29",
                                  "2024-2-29",
                                  "2024-02-30",
                                  "2024-13",
                                  "2024-00",
                                  "0000",
                                  "02024",
                                  "2024-02-29T",
                                  "2024-02-29T10",
                                  "2024-02-29T10Z",
                                  "2024-02-29T24:00",
                                  "2024-02-29T10:60",
                                  "2024-02-29T10:15:61",
                                  "2024-02-29T10:15:",
                                  "2024-02-29T10:15:30.",
                                  "2024-02-29T10:15.5",
                                  "2024-02-29Z",
                                  "2024-02+01:00",
                                  "2024-02-29T10:15+14:01",
                                  "2024-02-29T10:15+1:00",
                                  "2024-02-29T10:15+0100",
                                  "2024-02-29t10:15",
                                  "xx2024",
                                  "EQ2024",
                                  "ge ge2024",
                                  "gege2024",
                                  "2024-02-29T10:15z",
                                  " 2024",
                                  "2024 ",
                                  "20240229",
                                  "2024-02-29 10:15",
                                  "+2024",
                                  "-2024",
                                  "2024-02-29T10:15:30Z+01:00",
                                  "today"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_date_value(text, now));
    }
}

TEST_CASE("names its prefixes")
{
    for (std::string_view name : {"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"}) {
        CAPTURE(name);
        CHECK(to_string(value(std::string(name).append("2024")).prefix) == name);
    }
}

TEST_CASE("judges by the table of prefixes")
{
    auto const day = *to_fhir("20240310", "", "", nullptr);
    auto const time = *to_fhir("20240310", "100000", "+0100", nullptr);
    auto const midnight = *to_fhir("20240310", "000000", "+0100", nullptr);
    auto const last = *to_fhir("20240310", "235959", "+0100", nullptr);
    struct {
        std::string_view value;
        bool day;
        bool time;
        bool midnight;
        bool last;
    } const cases[] = {
        {"2024-03-10", true, true, true, true},
        {"ne2024-03-10", false, false, false, false},
        {"gt2024-03-10", false, false, false, false},
        {"lt2024-03-10", false, false, false, false},
        {"ge2024-03-10", true, true, true, true},
        {"le2024-03-10", true, true, true, true},
        {"sa2024-03-10", false, false, false, false},
        {"eb2024-03-10", false, false, false, false},
        {"ap2024-03-10", true, true, true, true},
        {"sa2024-03-09", true, true, true, true},
        {"gt2024-03-09", true, true, true, true},
        {"eb2024-03-11", true, true, true, true},
        {"lt2024-03-11", true, true, true, true},
        {"2024-03", true, true, true, true},
        {"2024", true, true, true, true},
        {"2023", false, false, false, false},
        // The day has both halves, so it is before and after its noon; a second is not.
        {"lt2024-03-10T10:00", true, false, true, false},
        {"gt2024-03-10T10:00", true, false, false, true},
        {"ge2024-03-10T10:00", true, true, false, true},
        {"2024-03-10T10:00", false, true, false, false},
        {"2024-03-10T10:00:00", false, true, false, false},
        {"2024-03-10T10:00:01", false, false, false, false},
        {"sa2024-03-10T09:59", false, true, false, true},
        // With a zone instants are compared: 09:00Z is 10:00 at the place.
        {"2024-03-10T09:00:00Z", false, true, false, false},
        {"2024-03-10T10:00:00Z", false, false, false, false},
        {"2024-03-11T00:00:00+14:00", false, false, false, false},
        {"2024-03-10T23:00:00+14:00", false, true, false, false},
        {"2024-03-09T21:00:00-12:00", false, true, false, false},
        {"lt2024-03-09T23:00:00Z", false, false, false, false},
        {"ge2024-03-09T23:00:00Z", true, true, true, true},
        {"gt2024-03-10T22:59:58Z", true, false, false, true},
    };
    for (auto const& c : cases) {
        CAPTURE(c.value);
        CHECK(matches(value(c.value), time) == c.time);
        CHECK(matches(value(c.value), midnight) == c.midnight);
        CHECK(matches(value(c.value), last) == c.last);
        CHECK(matches(value(c.value), day) == c.day);
    }
}

TEST_CASE("ap is wider the further away the value is")
{
    auto const study = *to_fhir("20240110", "", "", nullptr);  // 50 days before now
    CHECK(matches(value("ap2024-01-10"), study));
    CHECK(matches(value("ap2024-01-14"), study));  // 45 days ago: 4 and a half either side
    CHECK_FALSE(matches(value("ap2024-01-16"), study));
    CHECK(matches(value("ap2024-01-05"), study));
    CHECK_FALSE(matches(value("ap2024-01-03"), study));
    CHECK(matches(value("ap2024-02-29T12:00:00Z"), *to_fhir("20240229", "120000", "+0000", nullptr)));
    CHECK_FALSE(matches(value("ap2024-02-29T12:00:00Z"), *to_fhir("20240229", "120001", "+0000", nullptr)));
}

TEST_CASE("pushes down a range of dates")
{
    struct {
        std::string_view value;
        char const* key;
    } const cases[] = {
        {"2024-03-10", "20240310"},
        {"2024-02", "20240201-20240229"},
        {"2024", "20240101-20241231"},
        {"ge2024-03-10", "20240310-"},
        {"gt2024-03-10", "20240311-"},
        {"sa2024-03-10", "20240311-"},
        {"sa2024", "20250101-"},
        {"le2024-03-10", "-20240310"},
        {"lt2024-03-10", "-20240309"},
        {"eb2024-03-10", "-20240309"},
        {"lt2024-03", "-20240229"},
        {"ge2024-03-10T10:00", "20240310-"},
        {"gt2024-03-10T10:00", "20240310-"},
        {"gt2024-03-10T23:59", "20240311-"},
        {"lt2024-03-10T10:00", "-20240310"},
        {"lt2024-03-10T00:00", "-20240309"},
        {"2024-03-10T10:00", "20240310"},
        {"2024-03-10T10:00Z", "20240309-20240311"},
        {"ge2024-03-10T10:00Z", "20240309-"},
        {"le2024-03-10T10:00Z", "-20240311"},
        {"ne2024-03-10", "none"},
        {"ap2024-01-10", "20240105-20240115"},
        {"ge0001-01-01", "none"},
        {"lt0001-01-01", "none"},
        {"gt9999-12-31", "none"},
        {"9999-12-31", "99991231-"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.value);
        CHECK(key(c.value) == c.key);
    }
    CHECK(dates_of(value("ge0001-01-01")).unbounded());
    CHECK(dates_of(value("lt0001-01-01")).empty);
    CHECK(dates_of(value("gt9999-12-31")).empty);
    auto const late = *parse_da("99991230");
    CHECK(to_da_key({.first = late, .last = late + std::chrono::days(7), .empty = false}) == "99991230-");
    CHECK_FALSE(to_da_key({.first = late + std::chrono::days(7), .last = {}, .empty = false}));
}

TEST_CASE("puts ranges of dates together")
{
    auto both = [](std::string_view a, std::string_view b) { return std::vector{value(a), value(b)}; };
    CHECK(to_da_key(dates_of(both("ge2024-03-01", "lt2024-04-01"))) == "20240301-20240331");
    CHECK(to_da_key(dates_of(both("lt2024-04-01", "ge2024-03-01"))) == "20240301-20240331");
    CHECK(to_da_key(dates_of(both("ge2024-03-01", "le2024-03-01"))) == "20240301");
    CHECK(to_da_key(dates_of(both("ne2024-03-01", "le2024-03-01"))) == "-20240301");
    CHECK(dates_of(both("ge2024-04-01", "lt2024-03-01")).empty);
    CHECK_FALSE(to_da_key(dates_of(both("ge2024-04-01", "lt2024-03-01"))));
    CHECK(dates_of(std::vector<date_value>()).unbounded());

    auto united = unite(dates_of(value("2024-03")), dates_of(value("2024-06-15")));
    CHECK(to_da_key(united) == "20240301-20240615");
    CHECK(unite(dates_of(value("ge2024")), dates_of(value("le2020"))).unbounded());
    CHECK(unite({.first = {}, .last = {}, .empty = true}, dates_of(value("2024-03"))) == dates_of(value("2024-03")));
}

namespace {

std::string two(unsigned n)
{
    return {static_cast<char>('0' + n / 10), static_cast<char>('0' + n % 10)};
}

/// Random dates and values, close enough together to meet often.
struct generator {
    std::mt19937 random{42};

    unsigned number(unsigned below) { return std::uniform_int_distribution<unsigned>(0, below - 1)(random); }

    std::string search_value()
    {
        constexpr char const* prefixes[] = {"", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"};
        constexpr char const* zones[] = {"", "", "Z", "+14:00", "-12:00", "+05:30", "-03:30", " 01:00"};
        constexpr unsigned lengths[] = {31, 29, 31};
        auto month = number(3);
        std::string text = prefixes[number(10)];
        text += "2024";
        auto precision = number(7);
        if (precision >= 1)
            text += "-" + two(month + 1);
        if (precision >= 2)
            text += "-" + two(number(lengths[month]) + 1);
        if (precision < 3)
            return text;
        text += "T" + (number(2) != 0 ? two(number(24)) : number(2) != 0 ? "00" : "23") + ":" + two(number(60));
        if (precision >= 4)
            text += ":" + two(number(61));
        if (precision >= 5)
            text += "." + std::to_string(number(1000));
        return text + zones[number(8)];
    }

    date_time study(zone const* z)
    {
        constexpr char const* offsets[] = {"", "", "+0000", "+1400", "-1200", "+0530", "-0330"};
        auto da = print_da(local_days(std::chrono::days(19'715 + number(95))));
        std::string tm;
        if (number(4) != 0) {
            tm = number(4) != 0 ? two(number(24)) : number(2) != 0 ? "00" : "23";
            tm += two(number(60));
            if (number(4) != 0)
                tm += two(number(61));
        }
        auto d = to_fhir(da, tm, offsets[number(7)], number(3) != 0 ? z : nullptr);
        REQUIRE(d);
        return *d;
    }
};

/// The table of fhir.md 2.3 in its plain words, over the moments in the two ranges.
bool oracle(prefix p, range s, range r)
{
    std::vector<std::int64_t> moments;  // every moment at which something begins or ends, and those beside it
    for (auto edge : {s.begin, s.end, r.begin, r.end})
        for (std::int64_t beside : {-1, 0, 1})
            moments.push_back(edge + beside);
    auto in = [](range const& x, std::int64_t m) { return x.begin <= m && m < x.end; };
    bool inside = true, later = false, earlier = false, all_later = true, all_earlier = true, shared = false;
    for (auto m : moments) {
        if (!in(r, m))
            continue;
        inside = inside && in(s, m);
        later = later || m >= s.end;
        earlier = earlier || m < s.begin;
        all_later = all_later && m >= s.end;
        all_earlier = all_earlier && m < s.begin;
        shared = shared || in(s, m);
    }
    switch (p) {
        case prefix::eq:
            return inside;
        case prefix::ne:
            return !inside;
        case prefix::gt:
            return later;
        case prefix::lt:
            return earlier;
        case prefix::ge:
            return later || inside;
        case prefix::le:
            return earlier || inside;
        case prefix::sa:
            return all_later;
        case prefix::eb:
            return all_earlier;
        case prefix::ap:
            break;
    }
    return shared;
}

}  // namespace

TEST_CASE("agrees with an oracle on all prefixes, precisions and zones")
{
    generator make;
    auto const vienna = find_zone("Europe/Vienna");
    REQUIRE(vienna);
    int yes = 0;
    constexpr int cases = 40'000;
    for (int i = 0; i != cases; ++i) {
        auto text = make.search_value();
        auto v = value(text);
        auto d = make.study(&*vienna);
        bool expected = oracle(v.prefix, v.utc ? *v.utc : v.local, v.utc ? d.utc : d.local);
        if (matches(v, d) != expected) {
            CAPTURE(text);
            CAPTURE(d.text.view());
            CHECK(matches(v, d) == expected);
        }
        yes += expected;
    }
    CHECK(yes > cases / 10);
    CHECK(yes < cases * 9 / 10);
}

TEST_CASE("a study that matches has a date that was asked for")
{
    generator make;
    auto const zones = {find_zone("Europe/Vienna"), find_zone("Pacific/Kiritimati"), find_zone("Pacific/Pago_Pago")};
    int matched = 0;
    for (int i = 0; i != 20'000; ++i) {
        std::vector<date_value> values;
        std::string texts;
        for (auto n = 1 + make.number(3); n != 0; --n) {
            auto text = make.search_value();
            values.push_back(value(text));
            texts += text + " & ";
        }
        auto const dates = dates_of(values);
        for (auto const& z : zones) {
            auto d = make.study(&*z);
            bool all = true;
            for (auto const& v : values)
                all = all && matches(v, d);
            if (!all)
                continue;
            ++matched;
            auto day = local_days(std::chrono::days(d.local.begin / microseconds_per_day));
            if (!dates.contains(day)) {
                CAPTURE(texts);
                CAPTURE(d.text.view());
                CHECK(dates.contains(day));
            }
        }
    }
    CHECK(matched > 1000);
}

TEST_CASE("a day may match where a moment of it would")
{
    generator make;
    int possible = 0;
    for (int i = 0; i != 20'000; ++i) {
        auto const v = value(make.search_value());
        auto day = make.study(nullptr);
        auto const begin = day.local.begin - day.local.begin % microseconds_per_day;
        day.local = {begin, begin + microseconds_per_day};
        day.utc = day.local;
        bool any = false;
        auto const& s = v.utc ? *v.utc : v.local;
        // It is decided where the searched range begins and ends.
        for (auto const at : {begin, s.begin - 1, s.begin, s.end - 1, s.end, begin + microseconds_per_day - 1}) {
            if (at < begin || at >= begin + microseconds_per_day)
                continue;
            auto moment = day;
            moment.local = moment.utc = {at, at + 1};
            any = any || matches(v, moment);
        }
        CHECK(may_match(v, day) == any);
        possible += any;
    }
    CHECK(possible > 1000);
}
