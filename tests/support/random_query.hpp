#pragma once

#include "tests/support/dice.hpp"
#include "tests/support/random_archive.hpp"

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace pons::test {

using query = std::vector<std::pair<std::string, std::string>>;

/// Criteria over all search parameters and modifiers of ImagingStudy; their values are the archive's, near to them, or
/// garbage. `base` is our own FHIR base.
query make_query(dice& d, random_archive const& archive, std::string const& base, std::size_t criteria);

/// The parameters as a client writes them: more or less percent-encoded.
std::string to_text(dice& d, query const& q);

}  // namespace pons::test
