#include "upstream/worklist.hpp"

namespace pons::upstream {

void doubt_at_limit(found& how, std::uint32_t max_results)
{
    if (max_results != 0 && how.rows >= max_results && !how.truncated)
        how.issues.push_back(
            {issue::kind::incomplete, "the worklist stops at this number of items (quirks.max_results)"});
}

}  // namespace pons::upstream
