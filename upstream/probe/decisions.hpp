#pragma once

#include "upstream/probe/findings.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pons::upstream::probe {

/// What is known about one key of `quirks`.
struct decision {
    std::string_view key;  ///< "name_matching"
    bool told = false;     ///< false: it could not be told, `why` says why
    std::string why;       ///< the evidence; no values of the study
};

/// Sets in `to` what the findings tell, key by key; what could not be told is left as it is. One decision for each key
/// that belongs to sources of that kind, in the order of docs/configuration.md.
std::vector<decision> decide(findings const& f, config::quirks& to);

/// What else was seen, for which there is no key: sentences without values of the study.
std::vector<std::string> remarks(findings const& f);

}  // namespace pons::upstream::probe
