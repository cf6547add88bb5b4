#include "mapping/codecs/date_time.hpp"

#include "mapping/codecs/date_parts.hpp"
#include "mapping/data_set.hpp"

#include <algorithm>

namespace pons::mapping::codecs {

namespace {

struct date {
    int year;
    unsigned month;
    unsigned day;
};

/// A TM value with at least minutes.
struct time_of_day {
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
    std::string_view fraction;
};

std::optional<date> read_da(std::string_view da)
{
    da = trim(da, "DA"_vr);
    bool dotted = da.size() == 10 && da[4] == '.' && da[7] == '.';
    if (!dotted && da.size() != 8)
        return std::nullopt;
    auto year = digits(da, 4);
    auto month = digits(da.substr(dotted ? 5 : 4), 2);
    auto day = digits(da.substr(dotted ? 8 : 6), 2);
    if (!year || !month || !day || !is_date(static_cast<int>(*year), *month, *day))
        return std::nullopt;
    return date{static_cast<int>(*year), *month, *day};
}

/// Nothing for hours alone: FHIR wants minutes, and those must not be invented.
std::optional<time_of_day> read_tm(std::string_view tm)
{
    tm = trim(tm, "TM"_vr);
    std::size_t colon = tm.size() > 2 && tm[2] == ':' ? 1 : 0;
    time_of_day t;
    auto hour = digits(tm, 2);
    if (!hour || tm.size() < 4 + colon)
        return std::nullopt;
    auto minute = digits(tm.substr(2 + colon), 2);
    if (!minute || *hour > 23 || *minute > 59)
        return std::nullopt;
    t.hour = *hour;
    t.minute = *minute;
    tm.remove_prefix(4 + colon);
    if (tm.empty())
        return t;
    if (colon != 0 && !tm.starts_with(':'))
        return std::nullopt;
    auto second = digits(tm.substr(colon), 2);
    if (!second || *second > 60)
        return std::nullopt;
    t.second = *second;
    tm.remove_prefix(2 + colon);
    if (tm.empty())
        return t;
    auto fraction = tm.substr(1);
    if (tm[0] != '.' || fraction.empty() || fraction.find_first_not_of("0123456789") != fraction.npos)
        return std::nullopt;
    t.fraction = fraction.substr(0, 6);
    return t;
}

/// Timezone Offset From UTC (PS3.3 §C.12.1.1.8) in minutes.
std::optional<int> read_offset(std::string_view offset)
{
    offset = trim(offset, "SH"_vr);
    if (offset.size() != 5 || (offset[0] != '+' && offset[0] != '-'))
        return std::nullopt;
    auto hours = digits(offset.substr(1), 2);
    auto minutes = digits(offset.substr(3), 2);
    if (!hours || !minutes || *minutes > 59)
        return std::nullopt;
    auto value = static_cast<int>(*hours * 60 + *minutes);
    if (offset[0] == '-')
        return value == 0 || value > 12 * 60 ? std::nullopt : std::optional(-value);
    return value > 14 * 60 ? std::nullopt : std::optional(value);
}

void append_date(short_text<40>& text, date const& d)
{
    text.append_two_digits(static_cast<unsigned>(d.year) / 100);
    text.append_two_digits(static_cast<unsigned>(d.year) % 100);
    text.append('-');
    text.append_two_digits(d.month);
    text.append('-');
    text.append_two_digits(d.day);
}

void append_time(short_text<40>& text, time_of_day const& t)
{
    text.append('T');
    text.append_two_digits(t.hour);
    text.append(':');
    text.append_two_digits(t.minute);
    text.append(':');
    text.append_two_digits(t.second);
    if (!t.fraction.empty()) {
        text.append('.');
        text.append(t.fraction);
    }
}

void append_offset(short_text<40>& text, int offset)
{
    auto minutes = static_cast<unsigned>(offset < 0 ? -offset : offset);
    text.append(offset < 0 ? '-' : '+');
    text.append_two_digits(minutes / 60);
    text.append(':');
    text.append_two_digits(minutes % 60);
}

range shifted(range r, int offset)
{
    auto by = offset * microseconds_per_minute;
    return {r.begin - by, r.end - by};
}

}  // namespace

std::optional<date_time> to_fhir(std::string_view da, std::string_view tm, std::string_view offset,
                                 zone const* source_zone)
{
    auto d = read_da(da);
    if (!d)
        return std::nullopt;
    date_time out;
    append_date(out.text, *d);
    auto midnight = wall_clock(d->year, d->month, d->day, 0, 0, 0, 0);
    out.local = {midnight, midnight + microseconds_per_day};

    auto minutes = read_offset(offset);
    if (auto t = read_tm(tm)) {
        std::int64_t seconds = t->hour * 3600 + t->minute * 60 + std::min(t->second, 59U);
        auto begin = midnight + seconds * microseconds_per_second + fraction_microseconds(t->fraction);
        auto at = minutes || source_zone == nullptr ? minutes : source_zone->offset_at(begin);
        if (at) {
            append_time(out.text, *t);
            append_offset(out.text, *at);
            out.local = {begin, begin + fraction_unit(t->fraction.size())};
            out.utc = shifted(out.local, *at);
            out.zoned = true;
            return out;
        }
    }
    out.zoned = minutes || source_zone != nullptr;
    if (minutes)
        out.utc = shifted(out.local, *minutes);
    else
        out.utc = source_zone != nullptr ? source_zone->day(midnight) : out.local;
    return out;
}

std::optional<date_time> birth_date_to_fhir(std::string_view da)
{
    return to_fhir(da, {}, {}, nullptr);
}

std::optional<dicom_date_time> to_dicom(std::string_view fhir)
{
    using precision = date_parts::precision;
    auto p = parse_date_parts(fhir);
    if (!p || p->written < precision::day || p->written == precision::minute)
        return std::nullopt;
    dicom_date_time out;
    out.da.append_number(static_cast<unsigned>(p->year), 4);
    out.da.append_two_digits(p->month);
    out.da.append_two_digits(p->day);
    if (p->written == precision::day)
        return out;
    // The space that a search value may have for + is no dateTime.
    if (!p->offset || *p->offset < -12 * 60 || fhir.find(' ') != fhir.npos)
        return std::nullopt;
    out.tm.append_two_digits(p->hour);
    out.tm.append_two_digits(p->minute);
    out.tm.append_two_digits(p->second);
    if (!p->fraction.empty()) {
        out.tm.append('.');
        out.tm.append(p->fraction);
    }
    auto minutes = static_cast<unsigned>(*p->offset < 0 ? -*p->offset : *p->offset);
    out.offset.append(*p->offset < 0 ? '-' : '+');
    out.offset.append_two_digits(minutes / 60);
    out.offset.append_two_digits(minutes % 60);
    return out;
}

std::optional<local_days> parse_da(std::string_view da)
{
    auto d = read_da(da);
    if (!d)
        return std::nullopt;
    return local_days(std::chrono::year(d->year) / std::chrono::month(d->month) / std::chrono::day(d->day));
}

short_text<8> print_da(local_days day)
{
    std::chrono::year_month_day d(day);
    short_text<8> text;
    text.append_number(static_cast<unsigned>(static_cast<int>(d.year())), 4);
    text.append_two_digits(static_cast<unsigned>(d.month()));
    text.append_two_digits(static_cast<unsigned>(d.day()));
    return text;
}

wall_clock_reading print_wall_clock(std::int64_t local)
{
    using namespace std::chrono;
    local_time<microseconds> const at{microseconds(local)};
    auto const day = floor<days>(at);
    hh_mm_ss const clock(floor<seconds>(at - day));
    wall_clock_reading told{.da = print_da(day), .tm = {}};
    for (auto const part : {clock.hours().count(), clock.minutes().count(), clock.seconds().count()})
        told.tm.append_two_digits(static_cast<unsigned>(part));
    return told;
}

std::int64_t begin_of(local_days day)
{
    return day.time_since_epoch().count() * microseconds_per_day;
}

namespace {

template <std::size_t N>
void append_clock(short_text<N>& text, std::chrono::seconds of_day)
{
    std::chrono::hh_mm_ss clock(of_day);
    text.append_two_digits(static_cast<unsigned>(clock.hours().count()));
    text.append(':');
    text.append_two_digits(static_cast<unsigned>(clock.minutes().count()));
    text.append(':');
    text.append_two_digits(static_cast<unsigned>(clock.seconds().count()));
}

}  // namespace

short_text<24> print_instant(std::chrono::system_clock::time_point at)
{
    using namespace std::chrono;
    auto milli = floor<milliseconds>(at);
    auto day = floor<days>(milli);
    year_month_day d(day);
    short_text<24> text;
    text.append_number(static_cast<unsigned>(static_cast<int>(d.year())), 4);
    text.append('-');
    text.append_two_digits(static_cast<unsigned>(d.month()));
    text.append('-');
    text.append_two_digits(static_cast<unsigned>(d.day()));
    text.append('T');
    auto of_day = milli - day;
    append_clock(text, floor<seconds>(of_day));
    text.append('.');
    text.append_number(static_cast<std::uint64_t>(of_day.count() % 1000), 3);
    text.append('Z');
    return text;
}

short_text<29> print_http_date(std::chrono::system_clock::time_point at)
{
    using namespace std::chrono;
    constexpr std::string_view weekdays = "SunMonTueWedThuFriSat";
    constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    auto second = floor<seconds>(at);
    auto day = floor<days>(second);
    year_month_day d(day);
    short_text<29> text(weekdays.substr(weekday(day).c_encoding() * 3, 3));
    text.append(", ");
    text.append_two_digits(static_cast<unsigned>(d.day()));
    text.append(' ');
    text.append(months.substr((static_cast<unsigned>(d.month()) - 1) * 3, 3));
    text.append(' ');
    text.append_number(static_cast<unsigned>(static_cast<int>(d.year())), 4);
    text.append(' ');
    append_clock(text, second - day);
    text.append(" GMT");
    return text;
}

}  // namespace pons::mapping::codecs
