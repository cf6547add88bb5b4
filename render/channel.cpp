#include "render/channel.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

namespace pons::render {

namespace {

constexpr int client_has_gone = 3;

/// Ends without running anything more: there is nobody to tell.
[[noreturn]] void leave()
{
    ::_exit(client_has_gone);
}

}  // namespace

channel::channel(int socket) : socket_(socket)
{
    out_.reserve(header_size + max_chunk);
    out_.resize(header_size);
}

bool channel::receive(std::span<std::byte> into)
{
    while (!into.empty()) {
        auto const got = ::read(socket_, into.data(), into.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        into = into.subspan(static_cast<std::size_t>(got));
    }
    return true;
}

bool channel::receive_header()
{
    std::array<std::byte, header_size> raw;
    if (!receive(raw))
        return false;
    auto const header = to_header(raw);
    if (header)
        coming_ = *header;
    return header.has_value();
}

std::optional<result<job>> channel::next_job()
{
    if (!receive_header() || coming_.kind != message::request)
        return {};
    std::string text(coming_.length, '\0');
    if (!receive(std::as_writable_bytes(std::span(text))))
        return {};
    at_end_ = false;
    left_ = 0;
    return to_job(text);
}

std::size_t channel::read(std::span<std::byte> into)
{
    while (left_ == 0 && !at_end_) {
        if (!receive_header() || (coming_.kind != message::data && coming_.kind != message::end))
            leave();
        at_end_ = coming_.kind == message::end;
        left_ = coming_.length;
    }
    auto const size = std::min<std::size_t>(into.size(), left_);
    if (size > 0 && !receive(into.first(size)))
        leave();
    left_ -= static_cast<std::uint32_t>(size);
    return size;
}

void channel::send_all(std::span<std::byte const> left) const
{
    while (!left.empty()) {
        auto const sent = ::write(socket_, left.data(), left.size());
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            leave();
        left = left.subspan(static_cast<std::size_t>(sent));
    }
}

void channel::send(message kind, std::span<std::byte const> body)
{
    auto const header = to_bytes({kind, static_cast<std::uint32_t>(body.size())});
    std::vector<std::byte> bytes(header.begin(), header.end());
    bytes.insert(bytes.end(), body.begin(), body.end());
    send_all(bytes);
}

void channel::flush()
{
    if (out_.size() == header_size)
        return;
    auto const header = to_bytes({message::data, static_cast<std::uint32_t>(out_.size() - header_size)});
    std::ranges::copy(header, out_.begin());
    send_all(out_);
    out_.resize(header_size);
}

void channel::begin(part_info const& part)
{
    flush();
    auto const text = to_text(part);
    send(message::part, std::as_bytes(std::span(text)));
}

void channel::write(std::span<std::byte const> bytes)
{
    while (!bytes.empty()) {
        auto const room = header_size + max_chunk - out_.size();
        auto const size = std::min<std::size_t>(room, bytes.size());
        out_.insert(out_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
        bytes = bytes.subspan(size);
        if (size == room)
            flush();
    }
}

void channel::finish(result<void> const& how)
{
    if (how) {
        flush();
        send(message::done, {});
    } else {
        out_.resize(header_size);
        auto const text = to_text(how.error());
        send(message::failed, std::as_bytes(std::span(text)));
    }
    std::array<std::byte, 64 * 1024> passed;
    while (read(passed) > 0) {
    }
}

}  // namespace pons::render
