#pragma once

#include "mapping/data_set.hpp"

#include <cstddef>
#include <vector>

/// Studies as an archive in memory holds them.
namespace pons::test {

struct stored_series {
    mapping::data_set attributes;
    std::vector<mapping::data_set> instances;
};

/// The attributes of patient and study, and what is below.
struct stored_study {
    mapping::data_set attributes;
    std::vector<stored_series> series;
};

}  // namespace pons::test
