#pragma once

#include "mapping/codecs/zone.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Dates as FHIR R4 §3.1.1.4.6 compares them, written from its text and apart from `mapping/codecs`.
namespace pons::test {

/// Half open, microseconds since 1970.
struct stretch {
    std::int64_t begin = 0;
    std::int64_t end = 0;
};

/// What a resource says: readings of the clock at the place, and instants.
struct said_date {
    stretch local;
    stretch utc;
};

/// ImagingStudy.started of Study Date, Study Time and Timezone Offset From UTC (fhir.md 1.7).
std::optional<said_date> read_started(std::string_view da, std::string_view tm, std::string_view offset,
                                      mapping::codecs::zone const* zone);

struct asked_date {
    std::string prefix = "eq";
    stretch range;
    bool instant = false;  ///< with a zone: `range` is of instants
};

/// Nothing: not a date.
std::optional<asked_date> read_asked_date(std::string_view text, std::int64_t now);

bool holds(asked_date const& asked, said_date const& said);

}  // namespace pons::test
