#pragma once

#include "mapping/record.hpp"
#include "mapping/result.hpp"
#include "upstream/search/source.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// Studies that several sources hold (DESIGN section 6).
namespace pons::upstream {

/// Whether two records of one study speak of one patient, as far as they say: neither Patient ID (0010,0020) nor, where
/// both are known, its issuer differ.
bool agree_on_patient(mapping::study_record const& a, mapping::study_record const& b);

/// What is told where they do not: "source b holds a study under the same …".
std::string describe_disagreement(mapping::study_record const& shown, mapping::study_record const& other);

/// What a source holds of the studies it was asked for, at study level.
struct held_studies {
    std::vector<mapping::study_record> studies;
    bool complete = true;  ///< false: the source stopped before the end, or told of studies that cannot be read
    std::uint32_t queries = 0;
};

/// Asks `source` for studies by their UIDs, one query after the other. Errors and cancelling as archive::find.
awaitable<result<held_studies>> find_held(searched_source& source, std::vector<std::string> uids, time_point deadline);

struct holder {
    searched_source* source = nullptr;
    std::uint32_t instances = 0;  ///< Number of Study Related Instances (0020,1208); 0: not told
};

/// Those of `sources` that hold a study, the one with the most instances first, else in the order of `sources`. Of a
/// single source it is not asked: its retrieve will tell. Nothing that is kept counts; what is on its way is shared.
///
/// Errors: mapping::errc::incomplete when a source cannot be asked: instances of its own would be missing;
/// differing_patients when sources hold studies of different patients under the UID: they are not one.
/// Cancelling: terminal. `sources` is used until the end.
awaitable<result<std::vector<holder>>> find_holders(std::vector<searched_source*> const& sources, std::string study_uid,
                                                    time_point deadline);

}  // namespace pons::upstream
