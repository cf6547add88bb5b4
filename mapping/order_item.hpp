#pragma once

#include "mapping/codecs/zone.hpp"
#include "mapping/data_set.hpp"
#include "mapping/order.hpp"
#include "mapping/worklist_item.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// From a FHIR ServiceRequest to what a modality worklist tells of it (PS3.4 Table K.6-1).
namespace pons::mapping::orders {

/// What has to be known of a server to understand its orders.
struct order_facts {
    std::string base;               ///< its FHIR base, no trailing slash
    std::string patient_system;     ///< Identifier.system of patient ids
    std::string patient_namespace;  ///< Issuer of Patient ID (0010,0021); empty: not told
    std::string accession_system;   ///< Identifier.system of accession numbers without a type; empty: none
    std::string ae_title_system;    ///< Identifier.system or Coding.system of AE titles; empty: none
    codecs::zone const* zone = nullptr;
};

/// An order with those whom it is about; null where nothing is known of them.
struct order_view {
    order const& of;
    order_facts const& facts;
    party const* patient = nullptr;
    party const* requester = nullptr;     ///< a person
    party const* organization = nullptr;  ///< that requests
    struct performer {
        reference const* as = nullptr;
        party const* who = nullptr;
        party const* person = nullptr;
    };
    std::vector<performer> performers = {};
};

/// Looks up whom `of` refers to among `came`; all of it outlives the view.
order_view look_at(order const& of, parties const& came, order_facts const& facts);

/// Where an attribute of the worklist comes from.
struct order_row {
    tag attribute;
    vr as;
    std::string_view keyword;
    worklist_row::place in = worklist_row::place::item;
    std::string_view from;  ///< for people, with elements of ServiceRequest unless it begins with another type
    /// Gives the attribute its value, where there is one that it can hold; else adds nothing.
    void (*put)(order_row const& row, order_view const& from, data_set& to);
    /// An order that does not tell it may be for any: it is then left out, and a key for it cannot be judged. Otherwise
    /// it is there, empty, and no key matches.
    bool for_any = false;
};

std::span<order_row const> order_rows();

/// Whether it is something to be scheduled: an order that is active, and not one to leave something undone
/// (ServiceRequest.status, intent, doNotPerform), in one of `categories`: "system|code", "|code" of none, "code" of
/// any, "*" whatever it is.
bool is_scheduled(order const& one, std::span<std::string const> categories);

/// By the rows of the table; the first that has a value wins where several are for one attribute.
data_set to_worklist_item(order_view const& one);

/// The table as it stands in docs/mapping.md.
std::string describe_orders();

}  // namespace pons::mapping::orders
