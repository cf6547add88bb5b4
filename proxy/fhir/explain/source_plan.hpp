#pragma once

#include "proxy/fhir/explain.hpp"

/// What a search becomes at one source.
namespace pons::proxy::fhir {

/// Whether a search goes to a source, and what is known of it.
struct source_asked {
    config::source const& settings;
    upstream::searched_source const& source;
    std::string why_not;      ///< it is not asked; empty: it is
    std::string remark;       ///< on which sources are asked
    bool resolved = true;     ///< the crosswalk told whom the search is about
    std::size_t sources = 1;  ///< that are asked
};

/// Pure but for what is known of the source now: its gate, and the rows after which it stops.
source_explanation explain_source(service const& s, understood const& u, source_asked const& at, shown const& how);

}  // namespace pons::proxy::fhir
