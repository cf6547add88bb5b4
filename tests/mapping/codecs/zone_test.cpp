#include "mapping/codecs/zone.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace pons::mapping::codecs;

namespace {

/// Wall clock or instant, in microseconds.
std::int64_t at(int year, unsigned month, unsigned day, int hour = 0, int minute = 0)
{
    using namespace std::chrono;
    sys_time<minutes> t = sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day)) +
                          hours(hour) + minutes(minute);
    return duration_cast<microseconds>(t.time_since_epoch()).count();
}

constexpr std::int64_t hour = 60 * microseconds_per_minute;

}  // namespace

TEST_CASE("knows the zones of the system's database by their names only")
{
    CHECK(find_zone("Europe/Vienna"));
    CHECK(find_zone("UTC"));
    for (std::string_view name : {"", "Europe/Atlantis", "europe/vienna/", "../../etc/passwd", "+01:00"}) {
        CAPTURE(name);
        CHECK_FALSE(find_zone(name));
    }
}

TEST_CASE("tells the offset of a wall-clock reading, and nothing where it would be a guess")
{
    struct {
        std::string_view name;
        char const* zone;
        std::int64_t local;
        std::optional<int> minutes;
    } const cases[] = {
        {"winter", "Europe/Vienna", at(2024, 1, 15, 12), 60},
        {"summer", "Europe/Vienna", at(2024, 7, 15, 12), 120},
        {"the last minute before clocks go forward", "Europe/Vienna", at(2024, 3, 31, 1, 59), 60},
        {"a reading that clocks skip", "Europe/Vienna", at(2024, 3, 31, 2, 30), std::nullopt},
        {"the first reading after it", "Europe/Vienna", at(2024, 3, 31, 3), 120},
        {"a reading that occurs twice", "Europe/Vienna", at(2024, 10, 27, 2, 30), std::nullopt},
        {"the first reading that occurs once again", "Europe/Vienna", at(2024, 10, 27, 3), 60},
        {"the last that occurs once before", "Europe/Vienna", at(2024, 10, 27, 1, 59), 120},
        {"local mean time has seconds", "Europe/Vienna", at(1880, 1, 1), std::nullopt},
        {"half hours", "Asia/Kolkata", at(2024, 5, 1), 330},
        {"quarter hours", "Asia/Kathmandu", at(2024, 5, 1), 345},
        {"the far east", "Pacific/Kiritimati", at(2024, 5, 1), 840},
        {"the far west", "Pacific/Pago_Pago", at(2024, 5, 1), -660},
        {"southern summer", "America/Sao_Paulo", at(2018, 12, 1), -120},
        {"a day that was skipped", "Pacific/Apia", at(2011, 12, 30, 12), std::nullopt},
        {"the day after it", "Pacific/Apia", at(2011, 12, 31), 840},
        {"no change of clocks in sight", "Asia/Tokyo", at(2150, 5, 1), 540},
        {"changes of clocks beyond the database", "Europe/Vienna", at(2038, 1, 1), std::nullopt},
        {"its last year", "Europe/Vienna", at(2037, 7, 1), 120},
        {"UTC", "UTC", at(1, 1, 1), 0},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto z = find_zone(c.zone);
        REQUIRE(z);
        CHECK(z->offset_at(c.local) == c.minutes);
    }
}

TEST_CASE("tells the instants of a local day as clocks go")
{
    struct {
        std::string_view name;
        char const* zone;
        std::int64_t midnight;
        std::int64_t begin;
        std::int64_t end;
    } const cases[] = {
        {"winter", "Europe/Vienna", at(2024, 1, 15), at(2024, 1, 14, 23), at(2024, 1, 15, 23)},
        {"23 hours", "Europe/Vienna", at(2024, 3, 31), at(2024, 3, 30, 23), at(2024, 3, 31, 22)},
        {"25 hours", "Europe/Vienna", at(2024, 10, 27), at(2024, 10, 26, 22), at(2024, 10, 27, 23)},
        {"midnight is skipped", "America/Sao_Paulo", at(2018, 11, 4), at(2018, 11, 4, 3), at(2018, 11, 5, 2)},
        {"clocks go back at midnight", "America/Sao_Paulo", at(2018, 2, 17), at(2018, 2, 17, 2), at(2018, 2, 18, 3)},
        {"the day after that", "America/Sao_Paulo", at(2018, 2, 18), at(2018, 2, 18, 3), at(2018, 2, 19, 3)},
        {"midnight occurs twice: begin", "Atlantic/Azores", at(2024, 10, 27), at(2024, 10, 27), at(2024, 10, 28, 1)},
        {"midnight occurs twice: end", "Atlantic/Azores", at(2024, 10, 26), at(2024, 10, 26), at(2024, 10, 27, 1)},
        {"before a day that was skipped", "Pacific/Apia", at(2011, 12, 29), at(2011, 12, 29, 10), at(2011, 12, 30, 10)},
        {"beyond the database", "Europe/Vienna", at(2050, 7, 1), at(2050, 6, 30, 23), at(2050, 7, 1, 23)},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto z = find_zone(c.zone);
        REQUIRE(z);
        CHECK(z->day(c.midnight) == range{c.begin, c.end});
    }
}

TEST_CASE("an offset puts the reading into its own day")
{
    for (std::string_view name : {"Europe/Vienna", "America/Sao_Paulo", "Atlantic/Azores", "Pacific/Apia",
                                  "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca"}) {
        CAPTURE(name);
        auto z = find_zone(name);
        REQUIRE(z);
        int answered = 0;
        int outside = 0;
        for (auto day = at(2009, 12, 1); day < at(2020, 2, 1); day += microseconds_per_day) {
            auto instants = z->day(day);
            CHECK(instants.end - instants.begin <= 26 * hour);
            for (auto local = day; local < day + microseconds_per_day; local += hour / 2)
                if (auto minutes = z->offset_at(local)) {
                    ++answered;
                    auto instant = local - *minutes * microseconds_per_minute;
                    outside += instant < instants.begin || instant >= instants.end;
                }
        }
        CHECK(answered > 170'000);
        CHECK(outside == 0);
    }
}

TEST_CASE("tells what clocks show at an instant, also where that is shown twice")
{
    auto const vienna = find_zone("Europe/Vienna");
    REQUIRE(vienna);
    struct {
        char const* name;
        std::int64_t instant;
        std::optional<std::int64_t> local;
    } const cases[] = {
        {"winter", at(2026, 1, 15, 23, 30), at(2026, 1, 16, 0, 30)},
        {"summer", at(2026, 7, 15, 23, 30), at(2026, 7, 16, 1, 30)},
        {"before clocks go back", at(2026, 10, 25, 0, 30), at(2026, 10, 25, 2, 30)},
        {"after it", at(2026, 10, 25, 1, 30), at(2026, 10, 25, 2, 30)},
        {"when they have gone forward", at(2026, 3, 29, 1, 0), at(2026, 3, 29, 3, 0)},
        {"nobody knows", at(2040, 7, 1), std::nullopt},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        CHECK(vienna->local_at(c.instant) == c.local);
    }
}
