#include "mapping/codecs/code.hpp"
#include "mapping/order_values.hpp"
#include "mapping/tables/modality.hpp"

#include <iterator>
#include <utility>

namespace pons::mapping::orders {

namespace {

constexpr std::string_view system_v2_0074 = "http://terminology.hl7.org/CodeSystem/v2-0074";

/// The first code that can be told in DICOM: of a scheme that has a designator, and with a meaning (PS3.3 §8.1, §8.3).
bool add_code(codeable_concept const& of, std::vector<data_set>& items)
{
    for (auto const& each : of.codings) {
        std::string_view const meaning = each.display.empty() ? of.text : each.display;
        if (each.code.empty() || codecs::to_designator(each.system).empty() || !fits(meaning, "LO"_vr) ||
            !fits(each.code, "LO"_vr))
            continue;
        items.push_back(
            codecs::to_item(codecs::coding{.system = {each.system, {}}, .code = each.code, .display = meaning}));
        return true;
    }
    return false;
}

void put_items(order_row const& row, std::vector<data_set> items, data_set& to)
{
    if (items.empty())
        return;
    if (auto* const there = to.add_sequence(row.attribute))
        *there = std::move(items);
}

struct meaning {
    std::string_view code;
    std::string_view value;
};

// IHE RAD TF-2 Table 4.4-6 has them so for HL7 v2.
constexpr meaning priorities[] = {{"stat", "STAT"}, {"asap", "HIGH"}, {"urgent", "HIGH"}, {"routine", "ROUTINE"}};

// HL7 v2 table 0074, as far as a section has one modality.
constexpr meaning sections[] = {{"CT", "CT"},  {"CUS", "US"}, {"NMR", "MR"}, {"NMS", "NM"},
                                {"OUS", "US"}, {"RUS", "US"}, {"VUS", "US"}};

template <std::size_t N>
std::string_view find_meaning(meaning const (&table)[N], std::string_view code)
{
    auto const at = std::ranges::find(table, code, &meaning::code);
    return at != std::end(table) ? at->value : std::string_view();
}

}  // namespace

void put_code(order_row const& row, order_view const& from, data_set& to)
{
    std::vector<data_set> items;
    add_code(from.of.code, items);
    put_items(row, std::move(items), to);
}

void put_code_words(order_row const& row, order_view const& from, data_set& to)
{
    put_words(row, from.of.code, to);
}

void put_reason_codes(order_row const& row, order_view const& from, data_set& to)
{
    std::vector<data_set> items;
    for (auto const& reason : from.of.reasons)
        add_code(reason, items);
    put_items(row, std::move(items), to);
}

void put_reason(order_row const& row, order_view const& from, data_set& to)
{
    for (auto const& reason : from.of.reasons) {
        put_words(row, reason, to);
        if (to.contains(row.attribute))
            return;
    }
}

void put_priority(order_row const& row, order_view const& from, data_set& to)
{
    put_text(row, find_meaning(priorities, from.of.priority), to);
}

/// Of what is told of the procedure: how it is told first, then what kind it is, then what it is.
void put_modality(order_row const& row, order_view const& from, data_set& to)
{
    auto const put = [&](codeable_concept const& of) {
        for (auto const& each : of.codings)
            if (each.system == codecs::system_dcm && tables::find_modality(each.code))
                return put_text(row, each.code, to);
        return false;
    };
    if (std::ranges::any_of(from.of.details, put) || std::ranges::any_of(from.of.categories, put))
        return;
    put(from.of.code);
}

void put_section(order_row const& row, order_view const& from, data_set& to)
{
    for (auto const& category : from.of.categories)
        for (auto const& each : category.codings)
            if (each.system == system_v2_0074 && put_text(row, find_meaning(sections, each.code), to))
                return;
}

}  // namespace pons::mapping::orders
