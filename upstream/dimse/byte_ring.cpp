#include "upstream/dimse/byte_ring.hpp"

#include <algorithm>

namespace pons::upstream::dimse {

std::span<std::byte> byte_ring::room()
{
    if (!bytes_)
        bytes_ = std::make_unique_for_overwrite<std::byte[]>(capacity_);
    if (size() == 0)  // nobody reads: begin again where memory is warm
        written_ = taken_ = 0;
    auto const at = written_ % capacity_;
    return {bytes_.get() + at, std::min(capacity_ - size(), capacity_ - at)};
}

std::span<std::byte const> byte_ring::front(std::size_t most) const
{
    auto const at = taken_ % capacity_;
    return {bytes_.get() + at, std::min({size(), capacity_ - at, most})};
}

}  // namespace pons::upstream::dimse
