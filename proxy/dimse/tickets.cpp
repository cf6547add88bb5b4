#include "proxy/dimse/tickets.hpp"

namespace pons::proxy::dimse {

std::shared_ptr<void> tickets::take(std::string const& title, std::uint32_t most)
{
    std::scoped_lock const lock(mutex_);
    auto& taken = taken_[title];
    if (taken >= most)
        return nullptr;
    ++taken;
    return {this, [self = shared_from_this(), title](void*) { self->give_back(title); }};
}

void tickets::give_back(std::string const& title)
{
    std::scoped_lock const lock(mutex_);
    if (auto const of = taken_.find(title); --of->second == 0)
        taken_.erase(of);
}

}  // namespace pons::proxy::dimse
