#pragma once

#include "upstream/coalesce/flights.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace pons::upstream {

/// The answers that one search has used so far, of all its sources. They are held while it lives: nobody else gets them
/// for longer than usual, and they count as kept (`answer_bounds::size`). If somebody was told to come back for the
/// search they are given out again when it ends, long enough for the next try to find all of them; so each try gets
/// further than the one before (DESIGN law 8).
///
/// One search's, so of one thread at a time; what it holds is shared.
class used_answers {
public:
    used_answers() = default;
    used_answers(used_answers const&) = delete;
    used_answers& operator=(used_answers const&) = delete;
    ~used_answers();

    /// The search has a part in this one, which may still be on its way.
    void add(std::shared_ptr<flights> const& in, std::shared_ptr<flight> const& of);
    /// Its client will be told to come back.
    void come_back() { is_awaited_ = true; }

private:
    /// Weak: what there is no room for is not kept alive from here.
    std::vector<std::pair<std::shared_ptr<flights>, std::weak_ptr<flight>>> all_;
    bool is_awaited_ = false;
};

}  // namespace pons::upstream
