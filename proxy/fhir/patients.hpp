#pragma once

#include "mapping/search/criteria.hpp"
#include "proxy/fhir/service.hpp"

#include <string>
#include <utility>
#include <vector>

/// What the Patient references of a search mean (DESIGN section 6).
namespace pons::proxy::fhir {

/// Patient references that one search may have resolved.
inline constexpr std::size_t most_references = 20;

/// Writes into every Patient reference of `asked` the ids that the crosswalk has for it; without a crosswalk nothing is
/// done. References to Patients of the EHR are `id`, `Patient/id`, and absolute ones below `crosswalk.base` or our own
/// base. What is not known matches nothing, and `asked.issues` says so.
///
/// Errors: those of crosswalk::resolve; crosswalk_errc::unknown_patient only with `crosswalk.unknown: refuse`;
/// mapping::errc::too_long beyond `most_references`. Cancelling: terminal.
awaitable<result<void>> resolve_patients(service const& s, mapping::search::request& asked, time_point deadline);

/// Whether every source that a search by Patient reference asks says whose ids it has.
/// Errors: crosswalk_errc::no_issuer; the place names the first that does not.
result<void> check_issuers(mapping::search::request const& asked,
                           std::vector<upstream::searched_source*> const& sources);

/// Whether the Patient references of `asked` are resolved.
bool is_resolved(mapping::search::request const& asked);

/// "Patient/123 is known as urn:oid:1.2.3|777": what each resolved reference of `asked` stands for; without `values`
/// "a patient is known as urn:oid:1.2.3|…".
std::vector<std::string> describe_references(mapping::search::request const& asked, bool values);

/// Whether two records are of one patient by what the crosswalk says of a reference in `asked`.
bool are_one_patient(mapping::search::request const& asked, mapping::study_record const& a,
                     mapping::study_record const& b);

/// The references under which patients were asked for, as they go into `ImagingStudy.subject`.
class references {
public:
    explicit references(mapping::search::request const& asked);

    /// Gives each study the reference of its patient. They point into this, which outlives them.
    void write_into(std::vector<mapping::study_record>& studies) const;

private:
    std::vector<std::pair<std::string, std::vector<mapping::search::issued_id>>> all_;
};

}  // namespace pons::proxy::fhir
