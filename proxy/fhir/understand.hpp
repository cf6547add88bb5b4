#pragma once

#include "mapping/search/criteria.hpp"
#include "proxy/fhir/federate.hpp"
#include "proxy/fhir/service.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// From the parameters of a search to what is asked.
namespace pons::proxy::fhir {

/// A search as it came, and where it goes on.
struct understood {
    mapping::search::request asked;
    std::string query;    ///< as it was understood
    std::string writing;  ///< `_format` and `_pretty`, which the links keep
    std::string token;    ///< of this page; empty: the first
    std::optional<upstream::position> after;
    std::vector<std::string> missed;  ///< sources that were missing on a page before
    std::int64_t now = 0;
};

/// Reads the parameters of a search, or of a page of one. `strict`: `Prefer: handling=strict`. Errors: those of
/// mapping::search::parse; mapping::errc::expired_page.
result<understood> understand(service const& s, std::span<mapping::search::parameter const> parameters, bool strict);

/// What of the answer is wanted, shown as `shape` says.
search_wanted wanted_for(service const& s, understood const& u, mapping::fhir::shape const& shape);

/// The same, with its patients resolved, when it may be asked. Errors also: those of resolve_patients and admit.
awaitable<result<understood>> prepare(service& s, std::span<mapping::search::parameter const> parameters, bool strict,
                                      time_point deadline);

}  // namespace pons::proxy::fhir
