#pragma once

#include "render/job.hpp"

#include <cstddef>
#include <span>
#include <vector>

/// Where an instance comes from and where an answer goes, as the jobs see it: blocking, in order, once.
namespace pons::render {

struct byte_source {
    /// Gives at least one byte, or 0 at the end.
    virtual std::size_t read(std::span<std::byte> into) = 0;

protected:
    ~byte_source() = default;
};

/// Parts one after another: `begin`, then its bytes.
struct answer {
    virtual void begin(part_info const& part) = 0;
    virtual void write(std::span<std::byte const> bytes) = 0;

protected:
    ~answer() = default;
};

/// A source with a buffer in front: for a reader that looks at small pieces and passes over large ones.
class input {
public:
    explicit input(byte_source& from);

    /// The next `size` bytes without taking them; fewer at the end. At most 64.
    std::span<std::byte const> peek(std::size_t size);
    /// Takes what is there: at least one byte, or 0 at the end.
    std::size_t read(std::span<std::byte> into);
    /// Takes exactly so many; false when the end comes first.
    bool read_all(std::span<std::byte> into);
    bool skip(std::uint64_t size);

private:
    bool fill();

    byte_source& from_;
    std::vector<std::byte> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace pons::render
