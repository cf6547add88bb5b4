#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace pons::mapping::codecs {

/// Half open: begin is in, end is not. Microseconds since 1970-01-01T00:00, leap seconds not counted; whether they are
/// wall-clock readings or true instants is said by the name of the member that holds the range.
struct range {
    std::int64_t begin = 0;
    std::int64_t end = 0;

    friend bool operator==(range const&, range const&) = default;
};

inline constexpr std::int64_t microseconds_per_second = 1'000'000;
inline constexpr std::int64_t microseconds_per_minute = 60 * microseconds_per_second;
inline constexpr std::int64_t microseconds_per_day = 86'400 * microseconds_per_second;

/// Handle on an IANA time zone: all its changes of offset, read once. Copying shares them; any thread may read.
class zone {
public:
    /// Minutes east of UTC when clocks show `local` (microseconds, wall clock). Nothing where the answer would be
    /// guessed: the reading occurs twice or never (a change of clocks), the offset is not of whole minutes (local mean
    /// time before standard time), or the time zone database does not reach that far (from 2038 on for zones that still
    /// change clocks).
    std::optional<int> offset_at(std::int64_t local) const;

    /// What clocks show (microseconds, wall clock) at an instant (since 1970, UTC). Nothing where the database does not
    /// reach that far.
    std::optional<std::int64_t> local_at(std::int64_t instant) const;

    /// The instants of the local calendar day that begins at wall-clock `local_midnight`: 23, 24 or 25 hours, as
    /// clocks go. Where a day's instants are not in one piece, the smallest range that holds them. Where `offset_at`
    /// has no answer for want of data, the nearest known offset is taken.
    range day(std::int64_t local_midnight) const;

    struct table;

private:
    friend std::optional<zone> find_zone(std::string_view name);

    explicit zone(std::shared_ptr<table const> t) : table_(std::move(t)) {}

    std::shared_ptr<table const> table_;
};

/// Reads the zone `name` ("Europe/Vienna") from the system's time zone database: files are read, so call it at start.
/// Nothing when the database has no such name.
std::optional<zone> find_zone(std::string_view name);

}  // namespace pons::mapping::codecs
