#include "render/streams.hpp"

#include <algorithm>
#include <cstring>

namespace pons::render {

input::input(byte_source& from) : from_(from), buffer_(64 * 1024) {}

bool input::fill()
{
    if (begin_ == end_)
        begin_ = end_ = 0;
    if (begin_ > 0 && buffer_.size() - end_ < 64) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    auto const got = from_.read(std::span(buffer_).subspan(end_));
    end_ += got;
    return got > 0;
}

std::span<std::byte const> input::peek(std::size_t size)
{
    while (end_ - begin_ < size && fill()) {
    }
    return std::span(buffer_).subspan(begin_, std::min(size, end_ - begin_));
}

std::size_t input::read(std::span<std::byte> into)
{
    if (begin_ == end_) {
        if (into.size() >= buffer_.size())
            return from_.read(into);
        if (!fill())
            return 0;
    }
    auto const size = std::min(into.size(), end_ - begin_);
    std::memcpy(into.data(), buffer_.data() + begin_, size);
    begin_ += size;
    return size;
}

bool input::read_all(std::span<std::byte> into)
{
    while (!into.empty()) {
        auto const got = read(into);
        if (got == 0)
            return false;
        into = into.subspan(got);
    }
    return true;
}

bool input::skip(std::uint64_t size)
{
    while (size > 0) {
        if (begin_ == end_ && !fill())
            return false;
        auto const now = std::min<std::uint64_t>(size, end_ - begin_);
        begin_ += now;
        size -= now;
    }
    return true;
}

}  // namespace pons::render
