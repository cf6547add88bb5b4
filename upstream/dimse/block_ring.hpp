#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace pons::upstream::dimse {

/// Bytes on their way from one thread to another, in blocks that are made with the first need and used again. Not
/// locked: its owner does that; only the bytes of `front` may be read without the lock.
class block_ring {
public:
    block_ring(std::size_t block_size, std::size_t blocks) : block_size_(block_size), ring_(blocks) {}

    /// Copies what there is room for, and gives the rest.
    std::span<std::byte const> append(std::span<std::byte const> bytes);

    std::size_t blocks() const { return used_; }  ///< that hold something
    bool full() const;

    /// The first block. It stays as it is until `pop`, whatever is appended meanwhile. Only when `blocks` is not 0.
    std::span<std::byte const> front();
    void pop();

private:
    struct block {
        std::unique_ptr<std::byte[]> bytes;
        std::size_t size = 0;
    };

    block* room();

    std::size_t const block_size_;
    std::vector<block> ring_;
    std::size_t first_ = 0;
    std::size_t used_ = 0;
    bool reading_ = false;  // the first block
};

}  // namespace pons::upstream::dimse
