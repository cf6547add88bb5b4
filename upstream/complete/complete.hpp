#pragma once

#include "config/settings.hpp"
#include "upstream/archive.hpp"
#include "upstream/complete/metadata_cache.hpp"

#include <memory>

namespace pons::upstream {

/// An archive around an archive that holds law 1 for retrieves: one that ends well brought everything, each instance
/// once. Finds, stores and verify pass through. `inner` reports what it was given; here it is compared with what there
/// is.
///
/// What there is, is learned by find while the instances come, from the first on, where the source allows two
/// associations at once; else, and when the first listing confirms nothing, after them. It is the union of the IMAGE
/// rows of each series, and it is believed when
/// - nothing was truncated, and no answer has as many rows as `quirks.max_results`,
/// - there are as many rows as NumberOfStudyRelatedSeries, NumberOfStudyRelatedInstances and
///   NumberOfSeriesRelatedInstances say, where the archive says so,
/// - there are as many as came, and as the archive itself counted.
///
/// Who has listed it a moment ago gives that list (`listed_archive`); it stands for the listing where a fresh count
/// confirms it, and else is left aside.
///
/// | the retrieve                             | the listing     | result                                              |
/// | ---------------------------------------- | --------------- | --------------------------------------------------- |
/// | is refused before the first instance     | says none       | not_found: some archives call that a failure        |
/// | fails before the first instance          | not asked for   | its own error                                       |
/// | fails within an instance, or the client  | not asked for   | its own error                                       |
/// | fails between instances                  | believed        | the missing ones are asked for again                |
/// | fails between instances                  | not believed    | its own error                                       |
/// | ends well with nothing, or finds nothing | says none       | not_found                                           |
/// | ends well with nothing, or finds nothing | says some       | not_yet: near-line, after `while_it_is_fetched`     |
/// | ends well with nothing, or finds nothing | fails           | the listing's error                                 |
/// | ends well                                | says what came  | well                                                |
/// | ends well                                | says more       | the missing ones are asked for again                |
/// | ends well, the archive counted more      | not believed    | incomplete                                          |
/// | ends well                                | not believed    | well with an issue if `verify: lenient`, incomplete |
///
/// Missing ones are asked for one by one at IMAGE level, in two rounds, if there are no more than `most_asked_again`: a
/// sub-operation or two that failed are worth it, and a hundred requests cost an archive seconds; when more is missing
/// the operation as a whole went wrong, and the client repeats it. What then is missing makes the result incomplete.
///
/// Of a list of instances nothing is learned or asked for again: it ends well when all of it came, else incomplete, and
/// those that came are whole.
///
/// `retrieve_metadata` does the same with rows. When the source cannot do it, or finds nothing,
/// the instances are retrieved and read as they come, see `metadata_of`. What they made, and what a DIMSE archive sent
/// without bulk data, is put into `kept` when it was all, without issues; it answers the next request, before anything
/// else is asked of the archive, if that lists no other instances by then.
///
/// `retrieve_bulk` is the source's own where it has one and finds the value; else the value is cut out of the instance
/// as it comes, see `bulk_of`.
///
/// `kept` null: nothing is kept. `source` outlives the archive. One worker; it is destroyed on that worker's thread,
/// when nothing runs.
std::unique_ptr<archive> make_complete(std::unique_ptr<archive> inner, config::source const& source,
                                       std::shared_ptr<metadata_cache> kept = nullptr);

inline constexpr std::size_t most_asked_again = 100;

}  // namespace pons::upstream
