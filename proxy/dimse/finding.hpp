#pragma once

#include "proxy/dicomweb/search.hpp"
#include "proxy/dimse/answer_with_rows.hpp"
#include "proxy/dimse/find_query.hpp"
#include "proxy/dimse/row_flow.hpp"

#include <vector>

namespace pons::proxy::dimse {

/// One C-FIND, while archives are asked. Where one source is asked, its results go out as its rows come (decision
/// 0031); else when all have answered. On the bridge.
class finding {
public:
    /// All that is referred to outlives it.
    finding(operation const& of, find_query const& query, outward<find_row>& rows, bridge::archives& all,
            time_point deadline);

    /// Errors as `dicomweb::find_hits`, after the rows that there are; errc::cancelled when nobody takes them.
    /// Cancelling: terminal, reaches every source.
    awaitable<result<row_ending>> run();

private:
    awaitable<result<void>> search();
    awaitable<result<void>> search_at(dicomweb::search_query const& what);
    void remark(std::string text);

    operation const& of_;
    find_query const& query_;
    dicomweb::search_bounds const bounds_;
    std::vector<upstream::searched_source*> const sources_;
    time_point const deadline_;
    row_flow flow_;
    row_ending ending_;
};

}  // namespace pons::proxy::dimse
