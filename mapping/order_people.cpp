#include "mapping/order_names.hpp"
#include "mapping/order_values.hpp"
#include "mapping/tables/patient_sex.hpp"

#include <span>
#include <string>

namespace pons::mapping::orders {

namespace {

void put_name(order_row const& row, party const* of, std::string_view otherwise, data_set& to)
{
    auto name = of ? to_person_name(of->names) : std::string();
    if (name.empty())
        name = to_person_name(otherwise);
    if (!name.empty())
        to.add(row.attribute, row.as, {name});
}

bool is_practitioner(order_view::performer const& one)
{
    return one.person || one.as->to.find("Practitioner") != std::string::npos;
}

}  // namespace

void put_patient_name(order_row const& row, order_view const& from, data_set& to)
{
    put_name(row, from.patient, {}, to);
}

void put_patient_id(order_row const& row, order_view const& from, data_set& to)
{
    auto const ours = [&](identifier const& one) { return one.system == from.facts.patient_system; };
    if (auto const* const found = from.patient ? find_identifier(from.patient->identifiers, ours) : nullptr)
        put_text(row, found->value, to);
}

/// Behind Patient ID in the table.
void put_patient_issuer(order_row const& row, order_view const& from, data_set& to)
{
    if (!to.text(tags::PatientID).empty())
        put_text(row, from.facts.patient_namespace, to);
}

void put_birth_date(order_row const& row, order_view const& from, data_set& to)
{
    if (from.patient && from.patient->birth_date.size() == 10)  // YYYY-MM-DD
        put_moment(row, from.patient->birth_date, from, to);
}

void put_sex(order_row const& row, order_view const& from, data_set& to)
{
    if (from.patient)
        put_text(row, tables::to_patient_sex(from.patient->gender), to);
}

void put_requester(order_row const& row, order_view const& from, data_set& to)
{
    bool const person = !from.organization || from.requester;
    put_name(row, from.requester, person ? std::string_view(from.of.requester.display) : std::string_view(), to);
}

void put_service(order_row const& row, order_view const& from, data_set& to)
{
    if (from.organization)
        put_text(row, from.organization->name, to);
}

void put_performer(order_row const& row, order_view const& from, data_set& to)
{
    auto const at = std::ranges::find_if(from.performers, is_practitioner);
    if (at != from.performers.end())
        put_name(row, at->person, at->as->display, to);
}

void put_station(order_row const& row, order_view const& from, data_set& to)
{
    auto const& system = from.facts.ae_title_system;
    if (system.empty())
        return;
    std::vector<std::string_view> titles;
    auto const take = [&](std::string_view title) {
        if (fits(title, row.as) && std::ranges::find(titles, title) == titles.end())
            titles.push_back(title);
    };
    auto const ours = [&](identifier const& one) { return one.system == system; };
    for (auto const& performer : from.performers) {
        if (performer.who)
            if (auto const* const one = find_identifier(performer.who->identifiers, ours))
                take(one->value);
        if (auto const& logical = performer.as->logical; logical && ours(*logical))
            take(logical->value);
    }
    for (auto const& detail : from.of.details)
        for (auto const& each : detail.codings)
            if (each.system == system)
                take(each.code.empty() ? each.display : each.code);
    if (!titles.empty())
        to.add(row.attribute, row.as, std::span<std::string_view const>(titles));
}

void put_station_name(order_row const& row, order_view const& from, data_set& to)
{
    for (auto const& performer : from.performers)
        if (performer.who && performer.who->type == "Device" && put_text(row, performer.who->name, to))
            return;
}

void put_location(order_row const& row, order_view const& from, data_set& to)
{
    for (auto const& location : from.of.locations) {
        put_words(row, location, to);
        if (to.contains(row.attribute))
            return;
    }
}

}  // namespace pons::mapping::orders
