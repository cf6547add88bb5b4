#pragma once

#include "config/settings.hpp"
#include "mapping/result.hpp"
#include "upstream/search/source.hpp"

#include <span>
#include <string>
#include <vector>

namespace pons::upstream {

/// "source main-pacs", for messages.
std::string place_of(searched_source const& source);

/// What the request itself is at fault for, not a source: no source that is left out would help.
bool is_of_request(failure const& f);

/// How one of several sources answered a search.
struct source_answer {
    failure const* error = nullptr;  ///< null: it answered
    bool matched = false;
    std::string place;  ///< "source main-pacs"
};

/// Whether what did not fail is an answer (DESIGN section 6). The failure itself when nobody answered, and when it is
/// about the request rather than a source; mapping::errc::incomplete when nothing matched elsewhere, since an empty
/// list would read as "no prior", and always where `federation.partial` is refuse. Well: the caller tells who is
/// missing.
result<void> weigh_failures(std::span<source_answer const> answers, config::partial_federation partial);

/// The same of the parts of `ask_each`, each with what its source `found`; `matched(*found)`: whether that is anything.
/// Gives the parts that failed, when the others are an answer.
template <class Part, class Matched>
result<std::vector<Part const*>> find_missing(std::vector<Part> const& parts, config::partial_federation partial,
                                              Matched const& matched)
{
    std::vector<source_answer> answers;
    std::vector<Part const*> missing;
    for (auto const& p : parts) {
        answers.push_back({.error = p.found ? nullptr : &p.found.error(),
                           .matched = p.found && matched(*p.found),
                           .place = place_of(*p.source)});
        if (!p.found)
            missing.push_back(&p);
    }
    if (auto const weighed = weigh_failures(answers, partial); !weighed)
        return tl::unexpected(weighed.error());
    return missing;
}

}  // namespace pons::upstream
