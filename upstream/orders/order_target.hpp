#pragma once

#include "config/settings.hpp"
#include "mapping/matching.hpp"
#include "mapping/result.hpp"
#include "upstream/dicomweb/origin.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// What a FHIR server is asked for orders (FHIR R4 §3.1.1, ServiceRequest). Pure.
namespace pons::upstream::orders {

/// The target below the base: orders that are active, in one of `categories`, with those they refer to.
///
/// Pushed are only keys that narrow for certain, since what comes is judged by the one who asks: Accession Number and
/// Study Instance UID as identifiers, whatever their system (no UID below 2.25, which may be one that was derived
/// here); the days of the scheduled start, with one more at either end. A modality or station is not: an order that
/// tells none may be for any. Names are not: servers differ in what case and accents are to them. Patient ID is not,
/// since a server without chains may find nothing by one: `patients`, if there are any, are the ids of the Patients who
/// have it.
std::string orders_target(config::order_server const& at, std::span<mapping::match_key const> keys,
                          std::span<std::string const> patients, std::uint32_t count);

/// The target for Patients who have that patient id.
std::string patients_target(config::order_server const& at, std::string_view patient_id, std::uint32_t count);

/// Those of a type that have one of these ids.
std::string parties_target(std::string_view type, std::span<std::string const> ids);

/// What to ask `to` for by a `next` link, from the first character of its path on. Errors: errc::malformed, a link that
/// leads to another server, or out of the base.
result<std::string> next_target(dicomweb::origin const& to, std::string_view link);

}  // namespace pons::upstream::orders
