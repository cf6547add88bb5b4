#pragma once

#include "mapping/dictionary.hpp"

#include <span>

/// What the results of searches hold (PS3.18 §10.6.3.3, Tables 10.6.3-3 to -5), told once: answers and
/// docs/conformance.md are made from these rows.
namespace pons::proxy::dicomweb {

struct result_attribute {
    mapping::level at;
    mapping::tag tag;
    bool if_known = false;  ///< type C: left out, not empty, when the archive does not tell
};

std::span<result_attribute const> result_attributes();

}  // namespace pons::proxy::dicomweb
