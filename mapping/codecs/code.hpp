#pragma once

#include "mapping/codecs/system_uri.hpp"
#include "mapping/data_set.hpp"

#include <span>
#include <string_view>

namespace pons::mapping::fhir {
class ready_coding;
}

/// Code Sequence Macro (PS3.3 §8.8) ↔ FHIR Coding.
namespace pons::mapping::codecs {

inline constexpr std::string_view system_dcm = "http://dicom.nema.org/resources/ontology/DCM";
inline constexpr std::string_view system_sct = "http://snomed.info/sct";
inline constexpr std::string_view system_uri_rfc3986 = "urn:ietf:rfc:3986";

/// A Coding; empty members are absent. Views into the data set or static text.
struct coding {
    system_uri system;
    std::string_view code;
    std::string_view display;
    fhir::ready_coding const* ready = nullptr;  ///< how a constant of ours is written

    bool empty() const { return code.empty() && display.empty(); }

    friend bool operator==(coding const& a, coding const& b)
    {
        return a.system == b.system && a.code == b.code && a.display == b.display;
    }
};

/// A coding scheme of PS3.16 §8 that has a system in FHIR.
struct coding_scheme {
    std::string_view designator;  ///< Coding Scheme Designator (0008,0102)
    std::string_view system;
    std::string_view uid;  ///< Coding Scheme UID (0008,010C)
};
std::span<coding_scheme const> coding_schemes();

/// The FHIR system of a code: by Coding Scheme Designator, else by Coding Scheme UID, a UID without a row as
/// "urn:oid:". Empty for everything else: local schemes without UID, and SRT, SNM3 and 99SDM, whose codes ("T-15460")
/// are not SNOMED CT's, as is any code under SCT that is not a number.
system_uri to_system(std::string_view designator, std::string_view scheme_uid, std::string_view code);

/// The designator of a FHIR system; empty when there is none.
std::string_view to_designator(std::string_view system);

/// One item of a code sequence: Code Value, Long Code Value or URN Code Value; Code Meaning. Empty when the item holds
/// neither code nor meaning.
coding to_coding(data_set const& item);

/// The reverse: the attributes of an item. A code past 16 characters goes to Long Code Value, a URN to URN Code Value.
data_set to_item(coding const& c);

}  // namespace pons::mapping::codecs
