#pragma once

#include "mapping/codecs/date_search.hpp"

#include <cstdint>
#include <optional>

namespace pons::upstream {

/// A window that would begin before this is taken to the end of time: DICOM is younger, scanned films not much older.
inline constexpr mapping::codecs::local_days oldest{std::chrono::days{-25'567}};  // 1900-01-01

/// Where the windows of a later page begin: at the day on which its last study before began (`started` in microseconds
/// since 1970), and one more for zones. Nothing: at the newest.
std::optional<mapping::codecs::local_days> window_start(std::optional<std::int64_t> started);

/// Windows of study dates that walk back in time, growing where there is little and halving where there is much, so
/// that a page costs about a page. The first window is open towards the future, the last one towards the past.
class window_walk {
public:
    /// All dates of `bounds`, from `newest` (a day on or after which nothing needs to be split) backwards.
    /// `target`: how many rows a window should bring.
    window_walk(mapping::codecs::da_range const& bounds, std::optional<mapping::codecs::local_days> start,
                mapping::codecs::local_days today, std::size_t target);

    /// The window to ask next; nothing when all dates were asked for.
    std::optional<mapping::codecs::da_range> next() const;

    /// `next` was answered in full by `rows` rows.
    void answered(std::size_t rows);
    /// `next` held more than the archive gave. True: a smaller window comes next. False: it is a single day, and there
    /// is no smaller one; call `answered` to go on.
    bool halve();

    /// Every date from here on (this day included) has been asked for; nothing before the first answer.
    std::optional<mapping::codecs::local_days> complete_from() const { return complete_from_; }
    bool done() const { return done_; }

private:
    mapping::codecs::da_range bounds_;
    std::optional<mapping::codecs::local_days> last_;  // end of the next window; nothing: open
    mapping::codecs::local_days anchor_;               // where an open window is taken to end
    std::int32_t days_ = 7;
    std::size_t target_;
    std::optional<mapping::codecs::local_days> complete_from_;
    bool done_ = false;

    mapping::codecs::local_days first_of_next() const;
    bool reaches_bottom() const;
};

}  // namespace pons::upstream
