#include "proxy/dimse/asked_values.hpp"

namespace pons::proxy::dimse {

namespace {

using mapping::data_set;
using mapping::tag;
using mapping::vr;
using mapping::operator""_vr;

constexpr std::string_view utf8 = "ISO_IR 192";

void copy_values(data_set const& from, tag t, vr as, data_set& to)
{
    if (to.begin(t, as))
        for (std::size_t i = 0; i < from.count(t); ++i)
            to.value(from.text(t, i));
}

/// Of each item what `wanted` names; all of it where that is empty.
void copy_items(std::span<data_set const> from, data_set const* wanted, std::vector<data_set>& to)
{
    for (auto const& item : from) {
        auto& copy = to.emplace_back();
        item.for_each([&](tag t, vr as, bool is_sequence) {
            if (wanted && !wanted->contains(t))
                return;
            if (!is_sequence)
                return copy_values(item, t, as, copy);
            auto const below = wanted ? wanted->items(t) : std::span<data_set const>();
            copy_items(item.items(t), below.empty() || below.front().empty() ? nullptr : &below.front(),
                       *copy.add_sequence(t));
        });
    }
}

data_set const* asked_in_items(data_set const& identifier, tag t)
{
    auto const items = identifier.items(t);
    return items.empty() || items.front().empty() ? nullptr : &items.front();
}

}  // namespace

void add_asked(tag t, vr as, data_set const* from, data_set const& identifier, data_set& row)
{
    bool const there = from && from->contains(t);
    if (as == "SQ"_vr) {
        auto* const items = row.add_sequence(t);
        if (there && items)
            copy_items(from->items(t), asked_in_items(identifier, t), *items);
    } else if (there) {
        copy_values(*from, t, as, row);
    } else {
        row.begin(t, as);
    }
}

std::vector<std::byte> write_answer(data_set const& row, mapping::encoding as, std::string_view charset)
{
    auto written = mapping::write_data_set(row, as, charset);
    if (!written.lossless)
        written = mapping::write_data_set(row, as, utf8);
    return std::move(written.bytes);
}

}  // namespace pons::proxy::dimse
