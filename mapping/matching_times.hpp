#pragma once

#include "mapping/dictionary.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

/// Dates and times as spans of time, for matching (PS3.4 §C.2.2.2.5). Pure.
namespace pons::mapping::matching {

/// From `begin` up to, not including, `end`, in microseconds: since 1970 on the wall clock, of TM since midnight.
struct span_of_time {
    static constexpr auto open_begin = std::numeric_limits<std::int64_t>::min();
    static constexpr auto open_end = std::numeric_limits<std::int64_t>::max();

    std::int64_t begin = open_begin;
    std::int64_t end = open_end;

    bool overlaps(span_of_time const& other) const { return begin < other.end && other.begin < end; }
};

constexpr std::int64_t whole_day = 86'400'000'000;

/// DA, TM or DT.
bool is_about_time(vr as);

/// The span that a value stands for, by its precision: a day, an hour, a hundredth of a second. The forms of the old
/// standard (yyyy.mm.dd, hh:mm:ss) are read; a DT with an offset is moved to UTC. Nothing when it is no such value.
std::optional<span_of_time> read_moment(vr as, std::string_view text);

/// A value, or a range with "-", either end of which may be open. A range of TM may begin after its end: with dates it
/// goes from a late hour of the first day to an early one of the last; by itself it meets nothing. In DT a hyphen may
/// also begin an offset.
std::optional<span_of_time> read_range(vr as, std::string_view text);

}  // namespace pons::mapping::matching
