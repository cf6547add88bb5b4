#pragma once

#include "mapping/matching.hpp"

#include <chrono>
#include <initializer_list>
#include <optional>
#include <span>

/// What of a worklist query may be pushed to servers that are not asked by C-FIND. Pure.
namespace pons::upstream {

inline constexpr mapping::tag scheduled_procedure_step_sequence{0x00400100};
inline constexpr mapping::tag scheduled_procedure_step_start_date{0x00400002};

/// The key for the attribute at `path`, if it has one value.
mapping::match_key const* find_key(std::span<mapping::match_key const> keys, std::initializer_list<mapping::tag> path);

/// The same, if an archive may be asked for that value as it stands.
mapping::match_key const* find_single_value(std::span<mapping::match_key const> keys,
                                            std::initializer_list<mapping::tag> path);

/// Both ends in; an end that is not there is open.
struct day_range {
    std::optional<std::chrono::year_month_day> first;
    std::optional<std::chrono::year_month_day> last;
};

/// The days of the scheduled start that are asked for, with one more at either end, since servers compare times with
/// and without zones.
day_range days_around(std::span<mapping::match_key const> keys);

}  // namespace pons::upstream
