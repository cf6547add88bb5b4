#include "upstream/dimse/block_ring.hpp"

#include <algorithm>
#include <cstring>

namespace pons::upstream::dimse {

bool block_ring::full() const
{
    auto const taken = used_ == 1 && reading_;
    auto const& last = ring_[(first_ + used_ + ring_.size() - 1) % ring_.size()];
    return used_ == ring_.size() && (taken || last.size == block_size_);
}

/// A block with room, if there is one.
block_ring::block* block_ring::room()
{
    auto* last = used_ > 0 ? &ring_[(first_ + used_ - 1) % ring_.size()] : nullptr;
    auto const taken = used_ == 1 && reading_;
    if (last && !taken && last->size < block_size_)
        return last;
    if (used_ == ring_.size())
        return nullptr;
    last = &ring_[(first_ + used_++) % ring_.size()];
    if (!last->bytes)
        last->bytes = std::make_unique_for_overwrite<std::byte[]>(block_size_);
    last->size = 0;
    return last;
}

std::span<std::byte const> block_ring::append(std::span<std::byte const> bytes)
{
    while (!bytes.empty()) {
        auto* const into = room();
        if (!into)
            break;
        auto const piece = bytes.first(std::min(bytes.size(), block_size_ - into->size));
        std::memcpy(into->bytes.get() + into->size, piece.data(), piece.size());
        into->size += piece.size();
        bytes = bytes.subspan(piece.size());
    }
    return bytes;
}

std::span<std::byte const> block_ring::front()
{
    reading_ = true;
    return {ring_[first_].bytes.get(), ring_[first_].size};
}

void block_ring::pop()
{
    reading_ = false;
    first_ = (first_ + 1) % ring_.size();
    --used_;
}

}  // namespace pons::upstream::dimse
