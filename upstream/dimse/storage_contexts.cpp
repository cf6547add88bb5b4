#include "upstream/dimse/storage_contexts.hpp"

namespace pons::upstream::dimse {

std::vector<storage_context> recent_contexts::all() const
{
    std::scoped_lock const lock(mutex_);
    return {known_.begin(), known_.end()};
}

void recent_contexts::stored(storage_context const& in)
{
    std::scoped_lock const lock(mutex_);
    if (!known_.empty() && known_.front() == in)
        return;
    std::erase(known_, in);
    known_.push_front(in);
    if (known_.size() > most)
        known_.pop_back();
}

void recent_contexts::forget()
{
    std::scoped_lock const lock(mutex_);
    known_.clear();
}

}  // namespace pons::upstream::dimse
