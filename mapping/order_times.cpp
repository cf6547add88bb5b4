#include "mapping/codecs/date_parts.hpp"
#include "mapping/codecs/date_time.hpp"
#include "mapping/order_values.hpp"

#include <optional>

namespace pons::mapping::orders {

namespace {

/// Of a FHIR dateTime, where the modalities are; a time without a zone (R5) is theirs. A year or a month is no date.
codecs::wall_clock_reading to_local(std::string_view text, codecs::zone const* zone)
{
    using precision = codecs::date_parts::precision;
    auto const parts = codecs::parse_date_parts(text);
    if (!parts || parts->written < precision::day)
        return {};
    auto local = parts->begin();
    if (parts->offset) {
        auto const there = zone ? zone->local_at(local - *parts->offset * codecs::microseconds_per_minute)
                                : std::optional<std::int64_t>();
        if (!there)
            return {};
        local = *there;
    }
    auto told = codecs::print_wall_clock(local);
    if (parts->written == precision::day)
        told.tm = {};
    return told;
}

}  // namespace

void put_moment(order_row const& row, std::string_view text, order_view const& from, data_set& to)
{
    auto const moment = to_local(text, from.facts.zone);
    auto const value = row.as == "DA"_vr ? moment.da.view() : moment.tm.view();
    if (!value.empty())
        to.add(row.attribute, row.as, {value});
}

void put_start(order_row const& row, order_view const& from, data_set& to)
{
    put_moment(row, from.of.start, from, to);
}

void put_authored(order_row const& row, order_view const& from, data_set& to)
{
    put_moment(row, from.of.authored_on, from, to);
}

}  // namespace pons::mapping::orders
