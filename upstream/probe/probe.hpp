#pragma once

#include "mapping/result.hpp"
#include "upstream/probe/findings.hpp"

#include <optional>
#include <string>

namespace pons::upstream::probe {

/// Which study to learn from: the one with that value, as the operator typed it; without an attribute one of today.
struct wish {
    std::optional<mapping::tag> attribute{};  ///< StudyInstanceUID, AccessionNumber or PatientID
    std::string value{};
};

/// Queries that one run sends at most.
inline constexpr unsigned most_queries = 60;

/// What was learned, and by how many queries.
struct learned {
    findings all;
    unsigned queries = 0;
};

/// Finds the study, then makes all experiments with it, one query after the other and none after `most`. Every query
/// but one names the study, or a UID that nobody has; the one that looks for it (not for a study UID) is ended after
/// the first row.
///
/// Errors: not_found: there is no such study, or the archive tells nothing of it; incomplete: it cannot be asked, or
/// stopped to answer. What is behind that, in words, is the place.
///
/// Blocks the calling thread as `of` does.
result<learned> learn(asker& of, config::source_kind kind, wish const& which, unsigned most = most_queries);

}  // namespace pons::upstream::probe
