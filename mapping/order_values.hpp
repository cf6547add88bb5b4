#pragma once

#include "mapping/order_item.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

/// For the table of `order_item.cpp` alone: what stands in an order for an attribute of the worklist. Each function
/// gives `row.attribute` its value in `to`, where the order tells one that the attribute can hold, else it adds
/// nothing.
namespace pons::mapping::orders {

// order_identifiers.cpp
void put_accession(order_row const& row, order_view const& from, data_set& to);
void put_accession_issuer(order_row const& row, order_view const& from, data_set& to);
void put_placer(order_row const& row, order_view const& from, data_set& to);
void put_filler(order_row const& row, order_view const& from, data_set& to);
void put_procedure_id(order_row const& row, order_view const& from, data_set& to);
void put_step_id(order_row const& row, order_view const& from, data_set& to);
void put_id(order_row const& row, order_view const& from, data_set& to);
void put_study_uid(order_row const& row, order_view const& from, data_set& to);
void put_derived_uid(order_row const& row, order_view const& from, data_set& to);

// order_codes.cpp
void put_code(order_row const& row, order_view const& from, data_set& to);
void put_code_words(order_row const& row, order_view const& from, data_set& to);
void put_reason_codes(order_row const& row, order_view const& from, data_set& to);
void put_reason(order_row const& row, order_view const& from, data_set& to);
void put_priority(order_row const& row, order_view const& from, data_set& to);
void put_modality(order_row const& row, order_view const& from, data_set& to);
void put_section(order_row const& row, order_view const& from, data_set& to);

// order_times.cpp
void put_start(order_row const& row, order_view const& from, data_set& to);
void put_authored(order_row const& row, order_view const& from, data_set& to);

// order_people.cpp
void put_patient_name(order_row const& row, order_view const& from, data_set& to);
void put_patient_id(order_row const& row, order_view const& from, data_set& to);
void put_patient_issuer(order_row const& row, order_view const& from, data_set& to);
void put_birth_date(order_row const& row, order_view const& from, data_set& to);
void put_sex(order_row const& row, order_view const& from, data_set& to);
void put_requester(order_row const& row, order_view const& from, data_set& to);
void put_service(order_row const& row, order_view const& from, data_set& to);
void put_performer(order_row const& row, order_view const& from, data_set& to);
void put_station(order_row const& row, order_view const& from, data_set& to);
void put_station_name(order_row const& row, order_view const& from, data_set& to);
void put_location(order_row const& row, order_view const& from, data_set& to);

// order_texts.cpp
void put_notes(order_row const& row, order_view const& from, data_set& to);
void put_scheduled(order_row const& row, order_view const& from, data_set& to);

// --- what these have in common

/// Whether an attribute can hold `text` as it is: one value, as long as it may be (PS3.5 §6.2).
bool fits(std::string_view text, vr as);
/// False: the attribute cannot hold it.
bool put_text(order_row const& row, std::string_view text, data_set& to);
/// The text of a concept, or else what one of its codes means; the first that the attribute can hold.
void put_words(order_row const& row, codeable_concept const& of, data_set& to);
/// The date (DA) or the time (TM) of a FHIR dateTime, where the modalities are.
void put_moment(order_row const& row, std::string_view text, order_view const& from, data_set& to);

inline bool is_in_use(identifier const& one)
{
    return one.use != "old" && !one.value.empty();
}

/// The first that is in use and `wanted`; null: there is none.
template <class F>
identifier const* find_identifier(std::vector<identifier> const& all, F const& wanted)
{
    auto const at = std::ranges::find_if(all, [&](auto const& one) { return is_in_use(one) && wanted(one); });
    return at != all.end() ? &*at : nullptr;
}

}  // namespace pons::mapping::orders
