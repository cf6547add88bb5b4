#pragma once

#include "config/crosswalk_file.hpp"
#include "upstream/crosswalk/counts.hpp"
#include "upstream/crosswalk/crosswalk.hpp"

#include <memory>

namespace pons::upstream {

/// A crosswalk by a table in memory, which any number of workers share. It never waits; its only error is
/// crosswalk_errc::unknown_patient.
std::shared_ptr<crosswalk> make_static_crosswalk(std::shared_ptr<config::crosswalk_table const> table,
                                                 std::shared_ptr<crosswalk_counts> counts);

}  // namespace pons::upstream
