#pragma once

#include "mapping/codecs/zone.hpp"
#include "mapping/data_set.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pons::mapping {

/// Where an Endpoint of a source leads (FHIR R4 Endpoint; DESIGN section 6).
struct endpoint_facts {
    std::string id;               ///< "{source}-{kind}", the kind being the connection type without "dicom-"
    std::string connection_type;  ///< "dicom-wado-rs"
    std::string name;
    std::string address;  ///< absolute, without trailing slash
};

/// How accession numbers of a source are compared: both sides are brought to one form first.
struct accession_rules {
    bool trim = true;
    std::uint32_t pad = 0;  ///< left with zeros to this length; 0: not
    std::string prefix;     ///< put in front when it is not there

    /// The form in which two accession numbers are compared.
    std::string normal(std::string_view accession) const;
};

/// What is known of a source apart from its data: the same for all its studies.
struct source_facts {
    std::string name;
    codecs::zone const* zone = nullptr;  ///< null: unknown
    std::string patient_system;          ///< Identifier.system of patient ids without an issuer of their own
    std::string patient_namespace;       ///< the issuer's own name for itself: Issuer of Patient ID (0010,0021)
    std::string accession_system;        ///< Identifier.system of accession numbers without an issuer of their own
    bool ids_are_references = true;      ///< "Patient/{Patient ID}" names the patient; false with a crosswalk
    accession_rules accession;
    std::vector<endpoint_facts> endpoints;
};

struct series_record {
    data_set attributes;
    std::vector<data_set> instances;
    bool instances_known = false;
};

/// The full study record (DESIGN law 2): a pure function of what the archive holds, never of a query. All that is
/// judged, sorted and shown comes from here, through `mapping/tables`.
struct study_record {
    data_set attributes;
    std::vector<series_record> series;
    bool series_known = false;
    bool partial = false;  ///< the archive held back series or instances: what was not seen may be there
    source_facts const* source = nullptr;
    std::vector<source_facts const*> other_holders;  ///< further sources that hold the study, each adds its Endpoints
    std::string_view asked_as{};  ///< the requester's own reference to the patient, shown as `subject`; never judged

    std::string_view uid() const { return attributes.text(tags::StudyInstanceUID); }
    /// How deep it is known.
    bool known_to(level depth) const;
};

}  // namespace pons::mapping
