#pragma once

#include "mapping/codecs/short_text.hpp"
#include "mapping/codecs/zone.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

/// DA, TM and Timezone Offset From UTC (PS3.5 §6.2, PS3.3 §C.12.1) ↔ FHIR date, dateTime and instant.
namespace pons::mapping::codecs {

/// A calendar date without a zone, as DA is.
using std::chrono::local_days;

/// A FHIR date or dateTime as it is emitted, and what it stands for.
///
/// A leap second (:60) keeps its text and counts as the second before it, so it stays inside its day.
struct date_time {
    short_text<40> text;  ///< "2024-02-29", "2024-02-29T23:59:59.5+01:00"
    range local;          ///< wall-clock readings at the place of the study, taken as if they were UTC
    range utc;            ///< instants; equals `local` when not `zoned`
    bool zoned = false;   ///< the offset is known, also when `text` is only a date

    friend bool operator==(date_time const&, date_time const&) = default;
};

/// ImagingStudy.started from Study Date (0008,0020), Study Time (0008,0030), Timezone Offset From UTC (0008,0201).
///
/// Precision is never invented: with minutes seconds are filled with 00, with hours alone the date alone is left;
/// fraction digits stay as received, at most 6. A time that cannot be read, and one without a sure offset, is left out.
/// The offset is `offset` (±HHMM, -1200 to +1400, not -0000) or else the one of `source_zone` (may be null) at that
/// time. The old forms YYYY.MM.DD and HH:MM:SS are read; 24:00 is not a time. Nothing when `da` is not a date.
std::optional<date_time> to_fhir(std::string_view da, std::string_view tm, std::string_view offset,
                                 zone const* source_zone);

/// Patient.birthDate from Patient's Birth Date (0010,0030): a date, not zoned. Nothing when it is not a date.
std::optional<date_time> birth_date_to_fhir(std::string_view da);

/// The three DICOM values of one FHIR dateTime.
struct dicom_date_time {
    short_text<8> da;
    short_text<13> tm;     ///< empty for a date
    short_text<5> offset;  ///< "+0100"; empty for a date

    friend bool operator==(dicom_date_time const&, dicom_date_time const&) = default;
};

/// The reverse of to_fhir. Nothing for text that is no FHIR dateTime, for a year or a month alone (DA has no such
/// precision), for a time without zone, and for an offset that DICOM cannot say. Fraction digits past 6 are lost.
std::optional<dicom_date_time> to_dicom(std::string_view fhir);

/// A DA value, YYYYMMDD or the old YYYY.MM.DD, padding allowed; years 0001 to 9999. Nothing for anything else.
std::optional<local_days> parse_da(std::string_view da);
/// YYYYMMDD. `day` is in years 0001 to 9999.
short_text<8> print_da(local_days day);

/// DA and TM of a reading of the wall clock, to the second.
struct wall_clock_reading {
    short_text<8> da;
    short_text<6> tm;
};

/// `local`: microseconds, wall clock, in years 0001 to 9999.
wall_clock_reading print_wall_clock(std::int64_t local);

/// Wall-clock microseconds at which `day` begins.
std::int64_t begin_of(local_days day);

/// A FHIR instant in UTC, "2024-02-29T12:00:00.123Z".
short_text<24> print_instant(std::chrono::system_clock::time_point at);
/// An HTTP date (RFC 9110 §5.6.7), "Thu, 29 Feb 2024 12:00:00 GMT".
short_text<29> print_http_date(std::chrono::system_clock::time_point at);

}  // namespace pons::mapping::codecs
