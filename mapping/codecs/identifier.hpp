#pragma once

#include "mapping/codecs/system_uri.hpp"
#include "mapping/data_set.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// Identifiers, their issuers, UIDs, and what of them may become a matching key.
namespace pons::mapping::codecs {

inline constexpr std::string_view urn_oid = "urn:oid:";
inline constexpr std::string_view urn_uuid = "urn:uuid:";
inline constexpr std::string_view urn_dicom_uid = "urn:dicom:uid";

/// Who assigned an identifier; empty members are absent. Views into the data set or static text.
struct issuer {
    system_uri system;                  ///< Identifier.system
    std::string_view assigner_display;  ///< Identifier.assigner.display

    bool empty() const { return system.empty() && assigner_display.empty(); }

    friend bool operator==(issuer const&, issuer const&) = default;
};

/// From an item of the HL7v2 Hierarchic Designator Macro (PS3.3 §10.14): Universal Entity ID with Type ISO, UUID or URI
/// becomes the system; DNS and everything that is not what its type says stays readable as assigner.display, behind
/// Local Namespace Entity ID.
issuer to_issuer(data_set const& item);
issuer to_issuer(std::string_view universal_id, std::string_view universal_type, std::string_view local_namespace);

/// The reverse: the attributes of an item, empty when there is nothing to say.
data_set to_item(issuer const& i);

/// A UID by PS3.5 §9.1: components of digits joined by dots, no leading zero, at most 64 characters.
bool is_uid(std::string_view text);
/// A FHIR id: [A-Za-z0-9\-\.]{1,64}.
bool is_fhir_id(std::string_view text);

/// "urn:oid:1.2.3" gives "1.2.3". Nothing when the rest is not a UID.
std::optional<std::string_view> uid_of_urn(std::string_view urn);
/// The reverse; `uid` is taken as it is.
constexpr system_uri urn_of_uid(std::string_view uid)
{
    return {urn_oid, uid};
}

/// A search value as a single-value matching key of a text VR (fhir.md 2.5).
struct text_key {
    enum class kind {
        impossible,  ///< no value can equal it: answer empty without asking
        exact,       ///< `text` matches what equals it
        superset,    ///< `text` is a pattern that matches more: judge again
        everything   ///< nothing but wild cards: no key for it narrows, judge alone
    };
    kind what = kind::impossible;
    std::string text;

    friend bool operator==(text_key const&, text_key const&) = default;
};

inline constexpr std::size_t max_sh = 16;  ///< characters (PS3.5 §6.2)
inline constexpr std::size_t max_lo = 64;
inline constexpr std::size_t max_cs = 16;

/// `value` (UTF-8) without padding. Impossible when empty, with a backslash or a control character, not UTF-8, longer
/// than any archive keeps (1024 bytes), or `""`, which would ask for empty values (PS3.4 §C.2.2.2.7). A literal `*` or
/// `?` goes out as it is: archives with wild cards find more, those without find the letter. A value past
/// `max_characters` goes out as its beginning and `*`, where `wildcards` are known to work: archives do keep over-long
/// values.
text_key to_text_key(std::string_view value, std::size_t max_characters, bool wildcards = true);

}  // namespace pons::mapping::codecs
