#pragma once

#include "mapping/result.hpp"
#include "mapping/search/query_string.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Invoke Image Display as it is asked for (IHE RAD TF-2 §4.106, RAD-106). Pure.
namespace pons::proxy::iid {

/// An identifier as HL7 v2 CX writes it: id^^^authority, the authority as namespace&universal id&type.
struct patient_id {
    std::string id;
    std::string name_space;
    std::string universal_id;
    std::string universal_type;

    friend bool operator==(patient_id const&, patient_id const&) = default;
};

struct invocation {
    bool of_patient = false;  ///< requestType PATIENT, else STUDY
    // PATIENT
    iid::patient_id patient;
    std::string lower_date_time;  ///< XML date or dateTime, as sent; empty: none
    std::string upper_date_time;
    std::optional<std::uint32_t> most_recent;
    std::vector<std::string> modalities;
    // STUDY: one of the two
    std::vector<std::string> study_uids;
    std::vector<std::string> accession_numbers;
    // both
    std::string viewer_type;          ///< IHE_BIR, or a name by agreement
    bool diagnostic_quality = false;  ///< asked for; a viewer's template may pass it on
    bool key_images_only = false;     ///< likewise

    friend bool operator==(invocation const&, invocation const&) = default;
};

/// Reads the parameters; names and requestType in any case, lists by ",", ";" or repetition. What is not known is
/// passed over. patientName and patientBirthDate, which help a display that does not know the id, choose nothing here:
/// the id must be known; a birth date must be one (XML date or dateTime).
/// Errors: mapping::errc::invalid_value, `where` says what is missing, wrong or too much.
result<invocation> read_invocation(std::vector<mapping::search::parameter> const& parameters);

}  // namespace pons::proxy::iid
