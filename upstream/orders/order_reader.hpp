#pragma once

#include "mapping/order.hpp"
#include "mapping/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What is read of a FHIR server's answer to a search for orders (R4, R4B or R5, JSON). Whatever else it holds is
/// passed over; what does not have the form that FHIR gives it makes the whole malformed.
namespace pons::upstream::orders {

/// Of one page of a searchset Bundle.
struct order_page {
    std::vector<mapping::orders::order> orders;
    std::vector<mapping::orders::party> parties;  ///< every other resource, but OperationOutcomes
    std::string next;                             ///< the link to the next page; empty: there is none
    std::optional<std::uint64_t> total;           ///< of the whole search
    bool fails = false;  ///< an OperationOutcome says that something could not be searched, or is missing
};

/// Nothing that is read may have more of anything; what has is errc::too_large.
inline constexpr std::size_t most_entries = 20'000;  ///< of a Bundle
inline constexpr std::size_t most_in_list = 1000;    ///< of anything else

/// Errors: errc::malformed, too_large; `where` names the element.
result<order_page> read_orders(std::string const& json);

}  // namespace pons::upstream::orders
