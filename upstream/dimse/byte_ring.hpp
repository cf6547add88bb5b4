#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace pons::upstream::dimse {

/// Bytes on their way from one thread to one other, through memory that is made with the first need. Not locked: the
/// owner of both ends does that. The bytes of `room` may be written and those of `front` read without the lock, by the
/// one thread whose end it is, until `wrote` and `took`.
class byte_ring {
public:
    explicit byte_ring(std::size_t capacity) : capacity_(capacity) {}

    std::size_t size() const { return written_ - taken_; }
    std::size_t capacity() const { return capacity_; }
    bool full() const { return size() == capacity_; }

    /// Where to write, as far as it is one piece; empty only when full.
    std::span<std::byte> room();
    void wrote(std::size_t size) { written_ += size; }

    /// What was written first, as far as it is one piece, at most `most`; empty only when there is nothing.
    std::span<std::byte const> front(std::size_t most) const;
    void took(std::size_t size) { taken_ += size; }

private:
    std::size_t const capacity_;
    std::unique_ptr<std::byte[]> bytes_;
    std::size_t written_ = 0;  // since the ring was last found empty
    std::size_t taken_ = 0;
};

}  // namespace pons::upstream::dimse
