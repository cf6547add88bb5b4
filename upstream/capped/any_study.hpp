#pragma once

#include "upstream/archive.hpp"
#include "upstream/capped/known_studies.hpp"

namespace pons::upstream {

enum class any_study {
    found,   ///< one is known now
    none,    ///< the archive holds no study, as of now
    unknown  ///< it refused, or failed
};

/// How it went, and what it cost.
struct any_study_answer {
    any_study how = any_study::unknown;
    std::uint32_t queries = 0;
};

/// Asks for any few studies, which are remembered in `known`: those of any date, and where there are none, those
/// without a date, by a question without keys. (An archive may answer that with nothing because it has no keys: some
/// want "*" in keys that only ask, pacs-quirks F6. Two questions of different kind are more than a coincidence.)
///
/// They are not asked in parts: an archive that refuses them is left alone with them.
///
/// That it holds nothing is not remembered: a study may arrive at any time, and two short queries are cheap. That it
/// did not answer is, for `known_studies::not_asked_again`.
///
/// Errors: cancelled alone. Waits until `deadline`.
awaitable<result<any_study_answer>> ask_for_any_study(archive& of, known_studies& known, time_point deadline);

}  // namespace pons::upstream
