#pragma once

#include "upstream/asio.hpp"

#include <algorithm>
#include <chrono>

namespace pons::proxy::dimse {

/// How long it may take to find out what there is by several questions, one after the other.
struct listing_time {
    std::chrono::milliseconds each;  ///< for the answer to one
    time_point until;                ///< for all of them

    /// The deadline of a question that is asked now.
    time_point of_next() const { return std::min(until, clock::now() + each); }
};

}  // namespace pons::proxy::dimse
