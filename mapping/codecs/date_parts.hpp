#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// What the date codecs have in common: the parts of a written date and time.
namespace pons::mapping::codecs {

/// A FHIR date, dateTime or date search value taken apart. What was not written is at its lowest value.
struct date_parts {
    enum class precision : std::uint8_t { year, month, day, minute, second, fraction };

    precision written = precision::year;
    int year = 0;
    unsigned month = 1;
    unsigned day = 1;
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;        // 60 in a leap second
    std::string_view fraction;  // digits, at most 6 of those written
    std::optional<int> offset;  // minutes east

    std::int64_t begin() const;  // wall-clock microseconds since 1970
    std::int64_t end() const;    // where the written precision ends
};

/// Reads `yyyy[-mm[-dd[Thh:mm[:ss[.f]][zone]]]]`; the date exists, the offset is within ±14:00. A space stands for the
/// `+` of the zone. Nothing for anything else.
std::optional<date_parts> parse_date_parts(std::string_view text);

/// The value of `count` decimal digits at the front of `text`; nothing when they are not digits or fewer.
inline std::optional<unsigned> digits(std::string_view text, std::size_t count)
{
    if (text.size() < count)
        return std::nullopt;
    unsigned value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        auto const digit = static_cast<unsigned>(static_cast<unsigned char>(text[i])) - '0';
        if (digit > 9)
            return std::nullopt;
        value = value * 10 + digit;
    }
    return value;
}

/// Microseconds of the digits after a decimal point.
std::int64_t fraction_microseconds(std::string_view fraction);
/// How long one unit of the last of `count` such digits lasts.
std::int64_t fraction_unit(std::size_t count);

/// Wall-clock microseconds since 1970 of a date and time of day that exist; a leap second counts as the one before.
std::int64_t wall_clock(int year, unsigned month, unsigned day, unsigned hour, unsigned minute, unsigned second,
                        std::int64_t microseconds);

/// Whether the calendar (Gregorian, also before its time) has that day; years 0001 to 9999.
bool is_date(int year, unsigned month, unsigned day);

}  // namespace pons::mapping::codecs
