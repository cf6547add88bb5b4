#include "upstream/worklist_keys.hpp"

#include "mapping/matching_times.hpp"

#include <algorithm>

namespace pons::upstream {

namespace {

using mapping::operator""_vr;

std::chrono::year_month_day day_of(std::int64_t microseconds, int days)
{
    using namespace std::chrono;
    return floor<std::chrono::days>(sys_time<std::chrono::microseconds>(std::chrono::microseconds(microseconds))) +
           std::chrono::days(days);
}

}  // namespace

mapping::match_key const* find_key(std::span<mapping::match_key const> keys, std::initializer_list<mapping::tag> path)
{
    auto const at = std::ranges::find_if(keys, [&](auto const& k) { return std::ranges::equal(k.path, path); });
    return at == keys.end() || at->values.size() != 1 ? nullptr : &*at;
}

mapping::match_key const* find_single_value(std::span<mapping::match_key const> keys,
                                            std::initializer_list<mapping::tag> path)
{
    auto const* const key = find_key(keys, path);
    return key && mapping::is_single_value(*key) ? key : nullptr;
}

day_range days_around(std::span<mapping::match_key const> keys)
{
    using span = mapping::matching::span_of_time;
    day_range days;
    auto const* const date = find_key(keys, {scheduled_procedure_step_sequence, scheduled_procedure_step_start_date});
    auto const range = date ? mapping::matching::read_range("DA"_vr, date->values.front()) : std::nullopt;
    if (!range)
        return days;
    if (range->begin != span::open_begin)
        days.first = day_of(range->begin, -1);
    if (range->end != span::open_end)
        days.last = day_of(range->end, 1);
    return days;
}

}  // namespace pons::upstream
