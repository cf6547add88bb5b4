#pragma once

#include "render/streams.hpp"

#include <memory>

namespace pons::render {

/// The bytes of a raw deflate stream (RFC 1951; PS3.5 §A.5), inflated as they are asked for. A fault in the stream ends
/// it early, as a stream that has been cut off does.
class inflating_source final : public byte_source {
public:
    explicit inflating_source(input& from);
    ~inflating_source();

    std::size_t read(std::span<std::byte> into) override;

private:
    struct state;
    input& from_;
    std::unique_ptr<state> state_;
};

/// Inflates one frame into `into`, which it must fill. False when it is not a deflate stream or too short.
bool inflate_all(std::span<std::byte const> deflated, std::span<std::byte> into);

}  // namespace pons::render
