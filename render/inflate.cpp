#include "render/inflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

namespace pons::render {

struct inflating_source::state {
    z_stream stream{};
    std::array<std::byte, 32 * 1024> buffer;
    bool ended = false;
};

inflating_source::inflating_source(input& from) : from_(from), state_(std::make_unique<state>())
{
    state_->ended = inflateInit2(&state_->stream, -MAX_WBITS) != Z_OK;
}

inflating_source::~inflating_source()
{
    inflateEnd(&state_->stream);
}

std::size_t inflating_source::read(std::span<std::byte> into)
{
    auto& z = state_->stream;
    auto const room = static_cast<uInt>(std::min<std::size_t>(into.size(), std::numeric_limits<uInt>::max()));
    z.next_out = reinterpret_cast<Bytef*>(into.data());
    z.avail_out = room;
    while (z.avail_out == room && !state_->ended) {
        if (z.avail_in == 0) {
            z.avail_in = static_cast<uInt>(from_.read(state_->buffer));
            z.next_in = reinterpret_cast<Bytef*>(state_->buffer.data());
        }
        state_->ended = z.avail_in == 0 || ::inflate(&z, Z_NO_FLUSH) != Z_OK;
    }
    return room - z.avail_out;
}

bool inflate_all(std::span<std::byte const> deflated, std::span<std::byte> into)
{
    if (deflated.size() > std::numeric_limits<uInt>::max() || into.size() > std::numeric_limits<uInt>::max())
        return false;
    z_stream z{};
    if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
        return false;
    z.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(deflated.data()));
    z.avail_in = static_cast<uInt>(deflated.size());
    z.next_out = reinterpret_cast<Bytef*>(into.data());
    z.avail_out = static_cast<uInt>(into.size());
    auto const how = ::inflate(&z, Z_FINISH);
    inflateEnd(&z);
    return z.avail_out == 0 && (how == Z_STREAM_END || how == Z_OK || how == Z_BUF_ERROR);
}

}  // namespace pons::render
