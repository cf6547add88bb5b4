#pragma once

#include "proxy/fhir/explain/outline.hpp"
#include "proxy/fhir/explain/shown.hpp"
#include "proxy/fhir/service.hpp"
#include "upstream/trace/search_trace.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// A search that is made for real, and written down (DESIGN law 7).
namespace pons::proxy::fhir {

struct traced_search {
    clock::duration took{};
    std::optional<failure> failed;  ///< the search as a whole
    std::uint32_t studies = 0;      ///< of the page
    bool more = false;
    std::optional<std::uint32_t> total;
    std::vector<issue> issues;
    /// By the names of the sources.
    std::vector<std::pair<std::string, std::shared_ptr<upstream::search_trace>>> sources;
};

/// Makes a search, within the limits and with the costs of any other, and throws its page away. A search that fails is
/// a trace, too. Errors: those of understand; upstream::errc::unsupported where an archive cannot be traced.
/// Cancelling: terminal.
awaitable<result<traced_search>> trace_search(service& s, std::span<mapping::search::parameter const> parameters,
                                              bool strict, time_point deadline);

/// For people, programs and clients of FHIR. Without values it holds nothing of the request or of a row but counts.
outline to_outline(traced_search const& search, shown const& how);

}  // namespace pons::proxy::fhir
