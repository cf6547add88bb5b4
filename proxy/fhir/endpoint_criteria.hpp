#pragma once

#include "mapping/record.hpp"
#include "mapping/result.hpp"
#include "mapping/search/query_string.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What an Endpoint is searched and sorted by (FHIR R4 Endpoint, search parameters). Pure.
namespace pons::proxy::fhir {

/// `negated` is :not of a token; `exact` and `contains` are of a string.
enum class endpoint_match : std::uint8_t { matching, negated, exact, contains, missing };

/// One search parameter with its values; one of them must match.
struct endpoint_criterion {
    std::string name;  ///< of mapping::search::endpoint_parameters()
    endpoint_match how = endpoint_match::matching;
    std::vector<std::string> any_of;  ///< with their escapes
    bool missing = false;             ///< the value of :missing
};

/// Whether a parameter of this name, modifier included, is one of Endpoint's.
bool is_endpoint_parameter(std::string_view name);

/// Errors: mapping::errc::unsupported_chain; unsupported_modifier for one that FHIR does not give this parameter's
/// type, or that is not offered; invalid_value for no value, a wrong escape, or :missing without true or false.
result<endpoint_criterion> read_endpoint_criterion(mapping::search::parameter const& p);

/// An Endpoint of ours has no identifier and no managingOrganization: nothing but :missing and :not finds it by them.
bool matches(endpoint_criterion const& c, mapping::endpoint_facts const& endpoint);

/// A rule of `_sort`.
struct endpoint_sort_key {
    std::string by;
    bool descending = false;
};

/// `_sort=name,-_id`: every search parameter can be sorted by. Errors: mapping::errc::unsupported_sort.
result<std::vector<endpoint_sort_key>> read_endpoint_sort(std::string_view value);

/// Puts `all` in order; what is equal stays as it was.
void sort_endpoints(std::vector<mapping::endpoint_facts>& all, std::vector<endpoint_sort_key> const& keys);

}  // namespace pons::proxy::fhir
