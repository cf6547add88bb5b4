#include "upstream/search/source.hpp"

#include "upstream/capped/row_limit.hpp"

namespace pons::upstream {

std::uint32_t searched_source::most_results() const
{
    return limit ? limit->longest_answer() : 0;
}

}  // namespace pons::upstream
