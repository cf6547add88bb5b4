#include "upstream/dimse/move_attempts.hpp"

#include <algorithm>
#include <utility>

namespace pons::upstream::dimse {

namespace {

/// More than archives offer that have been seen; their limit is 50.
constexpr std::size_t most_attempts = 24;

}  // namespace

move_attempts::move_attempts(retrieve_request const& what, std::string worked_lately) : order_{std::string()}
{
    if (!worked_lately.empty())
        order_.insert(what.sop_instance_uid.empty() ? order_.end() : order_.begin(), std::move(worked_lately));
}

bool move_attempts::another(waiting_move::negotiated const& was)
{
    if (!was.reached || was.others.empty())
        return false;
    for (auto const& uid : was.others)
        if (std::ranges::find(order_, uid) == order_.end())
            order_.push_back(uid);
    if (was.otherwise && most_repeats_ > 0) {
        --most_repeats_;
        return true;
    }
    if (at_ + 1 >= std::min(order_.size(), most_attempts))
        return false;
    ++at_;
    return true;
}

}  // namespace pons::upstream::dimse
