#pragma once

#include "mapping/result.hpp"
#include "upstream/probe/question.hpp"

#include <chrono>

namespace pons::upstream::probe {

inline constexpr std::chrono::seconds time_of_a_question{15};

/// What a question came to that ended with `why`.
answer not_answered(failure const& why);

}  // namespace pons::upstream::probe
