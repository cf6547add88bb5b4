#pragma once

#include "mapping/codecs/code.hpp"
#include "mapping/codecs/date_time.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

/// The FHIR R4 data types that our elements carry. Plain views: they live as long as the callback that gets them.
/// An empty view is an absent element; a value with nothing in it is never emitted (FHIR R4 §2.6.0.1: no empty
/// elements).
namespace pons::mapping::fhir {

using codecs::coding;
using codecs::system_uri;

struct codeable_concept {
    std::span<coding const> codings;
    std::string_view text;
};

struct identifier {
    std::string_view use;  ///< a literal of ours
    coding type;
    system_uri system;
    system_uri value;           ///< in two pieces as well: "urn:oid:" and the UID
    std::string_view assigner;  ///< Identifier.assigner.display

    bool empty() const { return value.empty(); }
};

/// A literal reference ("Patient/123"), a logical one (identifier), a name (display), or several of them.
struct reference {
    system_uri literal;     ///< "Patient/" and "123"
    std::string_view type;  ///< a literal of ours
    identifier logical;
    std::string_view display;
    std::string_view person_name;  ///< PN that `display` came from: what a chained search by name is judged on
};

/// ImagingStudy.series.performer.
struct performer {
    coding function;
    reference actor;
};

/// Patient.name and what a search by name is judged on: the PN with all its groups.
struct human_name {
    std::string_view person_name;
};

struct code {
    std::string_view text;
};
struct id {
    std::string_view text;
};
struct string {
    std::string_view text;
};
struct unsigned_int {
    std::uint32_t number;
};

using value = std::variant<code, id, string, unsigned_int, codecs::date_time, coding, codeable_concept, identifier,
                           reference, performer, human_name>;

/// Takes the values of one element, none, one or several, in order.
struct value_sink {
    virtual void take(value const& v) = 0;

protected:
    ~value_sink() = default;
};

}  // namespace pons::mapping::fhir
