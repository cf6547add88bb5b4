#pragma once

#include "mapping/result.hpp"
#include "upstream/crosswalk/crosswalk.hpp"
#include "upstream/crosswalk/patient_reader.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The records of one patient on a FHIR server, as their links join them (FHIR R4 §8.1.3). No I/O: who follows the
/// links adds what comes.
namespace pons::upstream {

class patient_records {
public:
    /// `base` is the server's, for links that are absolute.
    explicit patient_records(std::string base) : base_(std::move(base)) {}

    /// Adds a record. Errors: crosswalk_errc::too_large (more than `most_records`, more identifiers than `most_ids`),
    /// ambiguous_patient (it was replaced by, or replaces, a record that nobody here can look at).
    result<void> add(patient_record record);

    /// A record that cannot be had any more. Errors: crosswalk_errc::ambiguous_patient when it is what replaced
    /// another.
    result<void> add_missing(std::string id);

    bool has(std::string_view id) const;

    /// A record that a link leads to and that was not added; nothing when there is none.
    std::optional<std::string> next() const;

    /// The ids of the first record and all that links say to be the same patient: what replaced it, what it replaced,
    /// what stands beside it ("refer", "seealso"). Errors: crosswalk_errc::ambiguous_patient when another patient, in
    /// active use, was added as well; a record that two patients replaced is of neither.
    result<known_patient> as_one() const;

    /// The ids so far.
    std::vector<mapping::search::issued_id> ids() const;

private:
    struct link {
        std::string from;
        std::string to;
        bool replaces;  ///< `from` replaced `to`; else they are side by side
    };

    std::optional<std::string> id_in(std::string_view reference) const;

    std::string const base_;
    std::vector<patient_record> records_;
    std::vector<std::string> missing_;
    std::vector<link> links_;
};

}  // namespace pons::upstream
