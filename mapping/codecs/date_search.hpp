#pragma once

#include "mapping/codecs/date_time.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// FHIR date search (R4 search.html §3.1.1.4.6) and its push-down as DA range matching (PS3.4 §C.2.2.2.5).
namespace pons::mapping::codecs {

enum class prefix : std::uint8_t { eq, ne, gt, lt, ge, le, sa, eb, ap };

/// The two letters of a prefix.
std::string_view to_string(prefix p);

/// A FHIR search value of type date.
struct date_value {
    codecs::prefix prefix = codecs::prefix::eq;
    range local;               ///< as wall-clock readings; for ap already widened
    std::optional<range> utc;  ///< when the value carries a zone; for ap already widened
    bool day_or_coarser = true;

    friend bool operator==(date_value const&, date_value const&) = default;
};

/// Reads `[prefix]yyyy[-mm[-dd[Thh:mm[:ss[.f]][zone]]]]`, percent-decoded. A `+` of the zone that came as a space is
/// accepted. Fraction digits past 6 are dropped. `now` (microseconds since 1970, UTC) matters to ap only: its range is
/// widened by a tenth of the gap to now on both sides, so keep `now` when the same search goes on on another page.
/// Nothing for anything else (an answer 400).
std::optional<date_value> parse_date_value(std::string_view text, std::int64_t now);

/// Whether a resource with date `d` meets `v`, by the table of fhir.md 2.3: a value with zone is compared on instants,
/// one without on wall-clock readings ("dates do not have time zones").
bool matches(date_value const& v, date_time const& d);

/// Whether a resource with some moment of `d` would: where the time of a date is not known.
bool may_match(date_value const& v, date_time const& d);

/// Local calendar dates, both ends in; an end that is not there is open.
struct da_range {
    std::optional<local_days> first;
    std::optional<local_days> last;
    bool empty = false;  ///< no date at all

    bool unbounded() const { return !empty && !first && !last; }
    bool contains(local_days day) const { return !empty && (!first || *first <= day) && (!last || day <= *last); }

    friend bool operator==(da_range const&, da_range const&) = default;
};

/// Every date that a study may have whose started meets `v`: a superset, to be judged again by `matches`. A value with
/// a zone is widened by a day on both sides; ne bounds nothing.
da_range dates_of(date_value const& v);
/// What is in both.
da_range intersect(da_range const& a, da_range const& b);
/// The smallest range that holds both.
da_range unite(da_range const& a, da_range const& b);
/// Every date that may meet all of `values`.
da_range dates_of(std::span<date_value const> values);

/// The value of a DA key: "20240101-20240131", "20240101-", "-20240131", "20240101". Nothing when `r` is empty (do not
/// ask) or unbounded (a key without value); a bound outside the years 0001 to 9999, which a DA cannot say, is none.
std::optional<std::string> to_da_key(da_range const& range);

}  // namespace pons::mapping::codecs
