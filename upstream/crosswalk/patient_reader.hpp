#pragma once

#include "mapping/result.hpp"
#include "mapping/search/criteria.hpp"

#include <string>
#include <string_view>
#include <vector>

/// What is read of the resources by which a crosswalk answers (FHIR R4, JSON). Whatever else they hold is passed over;
/// what does not have the form that FHIR gives it makes the whole malformed.
namespace pons::upstream {

/// Patient.link: `type` is replaced-by, replaces, refer or seealso; `other` a reference, empty when it is by identifier
/// only.
struct patient_link {
    std::string type;
    std::string other;

    friend bool operator==(patient_link const&, patient_link const&) = default;
};

struct patient_record {
    std::string id;
    bool active = true;  ///< false: not in use any more, as after a merge or a slip
    std::vector<mapping::search::issued_id>
        ids;  ///< those with system and value of 256 bytes at most, `use: old` included
    std::vector<patient_link> links;

    friend bool operator==(patient_record const&, patient_record const&) = default;
};

struct patient_page {
    std::vector<patient_record> patients;
    bool more = false;  ///< there is a next page
};

/// Nothing that is read may have more of anything; what has is crosswalk_errc::too_large.
inline constexpr std::size_t most_in_list = 1000;

/// A Patient. Errors: crosswalk_errc::malformed, too_large; `where` names the element.
result<patient_record> read_patient(std::string const& json);

/// A searchset Bundle: its entries that are Patients; OperationOutcomes are passed over. Errors: as above.
result<patient_page> read_patients(std::string const& json);

/// The Parameters of an answer to ITI-83 (PIXm §3.83.4.2): every targetIdentifier with system and value. Errors: as
/// above.
result<std::vector<mapping::search::issued_id>> read_pix_answer(std::string const& json);

/// The type of a resource, of which nothing else is read; empty for an object that says none. Errors: as above.
result<std::string> read_resource_type(std::string const& json);

}  // namespace pons::upstream
