#include "mapping/codecs/code.hpp"
#include "mapping/codecs/identifier.hpp"
#include "mapping/codecs/uuid_uid.hpp"
#include "mapping/order_values.hpp"

namespace pons::mapping::orders {

namespace {

constexpr std::string_view system_v2_0203 = "http://terminology.hl7.org/CodeSystem/v2-0203";

bool has_type(identifier const& one, std::string_view code)
{
    return std::ranges::any_of(one.type.codings,
                               [&](coding const& c) { return c.system == system_v2_0203 && c.code == code; });
}

identifier const* accession_of(order_view const& from)
{
    auto const& all = from.of.identifiers;
    if (auto const* const typed = find_identifier(all, [](auto const& one) { return has_type(one, "ACSN"); }))
        return typed;
    auto const& system = from.facts.accession_system;
    return system.empty() ? nullptr : find_identifier(all, [&](auto const& one) { return one.system == system; });
}

void put_typed(std::string_view code, order_row const& row, order_view const& from, data_set& to)
{
    if (auto const* const one =
            find_identifier(from.of.identifiers, [&](auto const& each) { return has_type(each, code); }))
        put_text(row, one->value, to);
}

void put_called(std::string_view type_text, order_row const& row, order_view const& from, data_set& to)
{
    if (auto const* const one =
            find_identifier(from.of.identifiers, [&](auto const& each) { return each.type.text == type_text; }))
        put_text(row, one->value, to);
}

}  // namespace

void put_accession(order_row const& row, order_view const& from, data_set& to)
{
    if (auto const* const one = accession_of(from))
        put_text(row, one->value, to);
}

void put_accession_issuer(order_row const& row, order_view const& from, data_set& to)
{
    auto const* const one = accession_of(from);
    if (!one || one->system.empty() || !fits(one->value, "SH"_vr))
        return;
    if (auto* const items = to.add_sequence(row.attribute))
        items->push_back(codecs::to_item(codecs::issuer{.system = {one->system, {}}, .assigner_display = {}}));
}

void put_placer(order_row const& row, order_view const& from, data_set& to)
{
    put_typed("PLAC", row, from, to);
}

void put_filler(order_row const& row, order_view const& from, data_set& to)
{
    put_typed("FILL", row, from, to);
}

void put_procedure_id(order_row const& row, order_view const& from, data_set& to)
{
    put_called("Requested Procedure ID", row, from, to);
}

void put_step_id(order_row const& row, order_view const& from, data_set& to)
{
    put_called("Scheduled Procedure Step ID", row, from, to);
}

void put_id(order_row const& row, order_view const& from, data_set& to)
{
    put_text(row, from.of.id, to);
}

void put_study_uid(order_row const& row, order_view const& from, data_set& to)
{
    for (auto const& one : from.of.identifiers) {
        bool const typed = std::ranges::any_of(one.type.codings, [](coding const& c) {
            return c.system == codecs::system_dcm && c.code == "110180";  // Study Instance UID
        });
        if (!is_in_use(one) || (one.system != codecs::urn_dicom_uid && !typed))
            continue;
        auto const uid = codecs::uid_of_urn(one.value).value_or(one.value);
        if (codecs::is_uid(uid))
            return to.add(row.attribute, row.as, {uid});
    }
}

void put_derived_uid(order_row const& row, order_view const& from, data_set& to)
{
    if (!from.of.id.empty())
        to.add(row.attribute, row.as, {codecs::uid_of_url(from.facts.base + "/ServiceRequest/" + from.of.id)});
}

}  // namespace pons::mapping::orders
