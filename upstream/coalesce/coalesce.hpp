#pragma once

#include "config/settings.hpp"
#include "upstream/archive.hpp"
#include "upstream/coalesce/flights.hpp"
#include "upstream/coalesce/used_answers.hpp"

#include <memory>

namespace pons::upstream {

/// What one is told whose query did not end in time.
constexpr std::chrono::seconds ask_again_after{5};

/// What a source keeps, by its configuration. Who is told to come back has twice `ask_again_after` to do so, and then
/// `search_time`, in which the rest of the search is asked for, until what was kept is needed at the latest.
answer_bounds bounds_of(config::answer_cache const& kept, std::chrono::milliseconds search_time);

/// An archive around an archive whose equal queries share one (DESIGN law 5): who asks what is being asked already
/// gets a copy of that answer, and so does who asks within the time that `shared` keeps answers. Retrieves and stores
/// go through: bodies are never shared; what is stored makes it forget what it keeps. Who asked first gets the rows as
/// they come, the others when all have come.
///
/// The shared query has the time that `timeouts.total` and `limits.queue` of the source give, whoever waits; each
/// caller waits until its own deadline. Where answers are kept the query then goes on (law 8): errc::timed_out with
/// retry_after, and its answer is kept until whoever comes back needs it, with all that `search` has used: the answers
/// that the finds of this archive were given, of this source and others. Null: its finds are no search's.
/// One who leaves leaves the others waiting; the last one cancels the query. Errors and cancelling otherwise as
/// `inner`, which lives until its last query has ended.
std::unique_ptr<archive> make_coalescing(std::shared_ptr<archive> inner, std::shared_ptr<flights> shared,
                                         config::source const& source, std::shared_ptr<used_answers> search = nullptr);

/// The same for who must not be given what came before he asked: he shares what is on its way, with whomever, and gets
/// no answer that is kept. His own is kept for others. When his deadline is over he leaves, without being told to come
/// back. What is on its way may have been asked for before he asked: not for promises of what was stored just now.
std::unique_ptr<archive> make_joining(std::shared_ptr<archive> inner, std::shared_ptr<flights> shared,
                                      config::source const& source);

}  // namespace pons::upstream
