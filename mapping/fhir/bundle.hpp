#pragma once

#include "mapping/fhir/common.hpp"
#include "mapping/fhir/writer.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace pons::mapping::fhir {

/// Writes a searchset Bundle (FHIR R4 Bundle, §3.1.1.5) piece by piece: links, then entries, then `end`.
class searchset_writer {
public:
    /// `total`: only when exact. `self` and `next` are absolute URLs, `next` may be empty.
    searchset_writer(writer& w, std::optional<std::uint32_t> total, std::string_view self, std::string_view next,
                     bool subsetted = false);

    /// Opens an entry; the resource is written next, at element "resource", then `end_entry`. `full_url` is absolute
    /// and unlike every other one of the Bundle (bdl-7); empty for an OperationOutcome.
    void begin_entry(std::string_view base, std::string_view path);
    /// "match", "include" or "outcome".
    void end_entry(std::string_view mode);

    void end();

private:
    writer& w_;
    bool entries_ = false;
};

}  // namespace pons::mapping::fhir
