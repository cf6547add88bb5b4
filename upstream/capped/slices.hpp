#pragma once

#include "mapping/codecs/date_search.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// How a range of study dates, or the times of one day, falls into two.
namespace pons::upstream {

/// Two ranges that hold the same days as `range` did: the older, then the newer one. They meet at the median of `days`,
/// where these are days of the range and not all the same; else in the middle; with an open end so that the part that
/// goes back grows the further it lies from `today`. Nothing for a single day, and for what lies before all archives.
std::optional<std::pair<mapping::codecs::da_range, mapping::codecs::da_range>> halve(
    mapping::codecs::da_range const& range, std::vector<mapping::codecs::local_days> days,
    mapping::codecs::local_days today);

/// The first day of the newer half by the median alone; nothing when all are the same, or there are none.
std::optional<mapping::codecs::local_days> middle_of(std::vector<mapping::codecs::local_days> days);

/// Reads the value of a DA key, "20240101-", or "" for all days. Nothing for anything else.
std::optional<mapping::codecs::da_range> to_da_range(std::string_view key);

/// Minutes of a day: from, up to; both ends in, since a time has seconds and what falls between two slices would be
/// lost.
struct day_slice {
    std::uint16_t from = 0;
    std::uint16_t to = minutes_of_day;

    static constexpr std::uint16_t minutes_of_day = 24 * 60;

    bool contains(std::uint16_t minute) const { return from <= minute && minute <= to; }
    friend bool operator==(day_slice const&, day_slice const&) = default;
};

/// Both halves, the later one second; nothing when it is no longer than half an hour.
std::optional<std::pair<day_slice, day_slice>> halve(day_slice const& slice);

/// The value of a TM key, "080000-120000"; the ends of the day are open.
std::string to_tm_key(day_slice const& slice);

/// The minute of a TM value, "1015", "101530.25", "10:15:30"; nothing when it has none.
std::optional<std::uint16_t> minute_of(std::string_view tm);

}  // namespace pons::upstream
