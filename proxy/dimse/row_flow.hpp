#pragma once

#include "mapping/result.hpp"
#include "proxy/dimse/crossing.hpp"
#include "proxy/dimse/find_answer.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

namespace pons::proxy::dimse {

/// What a C-FIND has found, on its way to the association's thread: each result once, in the order in which it is
/// offered. Whoever offers does not wait; what the peer has not taken waits here, `search.limit` of the query at most.
/// On the bridge.
class row_flow {
public:
    /// All that is referred to outlives it.
    row_flow(find_query const& query, std::string_view called_ae, std::string_view transfer_syntax,
             outward<find_row>& to);

    void offer(dicomweb::hit const& one);
    /// Nothing more is offered.
    void finish();
    /// More was offered than is allowed.
    bool is_over() const { return over_; }

    /// Hands on what is offered until `finish`. Errors: upstream::errc::cancelled when nobody takes it. Cancelling:
    /// terminal.
    awaitable<result<void>> drain();

private:
    find_answers answers_;
    std::size_t const most_;
    outward<find_row>& to_;
    std::unordered_set<std::string> offered_;
    std::deque<find_row> waiting_;
    std::size_t given_ = 0;
    bool over_ = false;
    bool finished_ = false;
    std::shared_ptr<coroutine_bell> const come_ = std::make_shared<coroutine_bell>();
};

}  // namespace pons::proxy::dimse
