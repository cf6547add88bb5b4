#include "upstream/dimse/wire/connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace pons::upstream::dimse {

namespace {

constexpr std::size_t largest_write = 128 * 1024;
constexpr std::size_t read_ahead = 16 * 1024;  // commands and headers; data sets go by it
constexpr std::size_t next_headers = 12;       // of a PDU and its first PDV

}  // namespace

connection::connection(int fd, link& of) : DcmTCPConnection(fd), link_(of), in_(read_ahead)
{
    link_.over = this;
}

connection::~connection()
{
    link_.over = nullptr;
}

bool connection::flush()
{
    held_ = false;
    std::size_t sent = 0;
    while (sent < out_.size()) {
        auto const n = ::send(getSocket(), out_.data() + sent, out_.size() - sent, MSG_NOSIGNAL);
        if (n >= 0)
            sent += static_cast<std::size_t>(n);
        else if (errno == EAGAIN) {
            if (link_.last = wait_for(getSocket(), POLLOUT, link_.how_long); link_.last != readiness::ready)
                break;
        } else if (errno != EINTR) {
            break;
        }
    }
    auto const all = sent == out_.size();
    out_.clear();
    return all;
}

ssize_t connection::write(void* from, size_t size)
{
    auto const* const bytes = static_cast<std::byte const*>(from);
    out_.insert(out_.end(), bytes, bytes + size);
    auto const hold_back = held_ && out_.size() < largest_write;
    auto const held = held_;
    if (!hold_back && !flush())
        return 0;
    held_ = held;
    return static_cast<ssize_t>(size);
}

readiness connection::await_input()
{
    if (buffered())
        return readiness::ready;
    int const on = 1;
    ::setsockopt(getSocket(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    auto const came = wait_for(getSocket(), POLLIN, link_.how_long);
    if (came != readiness::ready)
        link_.last = came;
    return came;
}

ssize_t connection::receive(std::span<std::byte> to)
{
    iovec const whole{to.data(), to.size()};
    return receive(std::span(&whole, 1));
}

ssize_t connection::receive(std::span<iovec const> to)
{
    for (;;) {
        // A peer that never stops sending must not outrun the deadline either.
        if (link_.last = check(link_.how_long); link_.last != readiness::ready)
            return 0;
        auto const n = ::readv(getSocket(), to.data(), static_cast<int>(to.size()));
        if (n >= 0)
            return n;
        if (errno == EAGAIN) {
            // What comes next is acknowledged at once, and what came before now.
            int const on = 1;
            ::setsockopt(getSocket(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
            link_.last = wait_for(getSocket(), POLLIN, link_.how_long);
        } else if (errno != EINTR)
            return 0;
        if (link_.last != readiness::ready)
            return 0;
    }
}

bool connection::fill(std::size_t wanted)
{
    if (begin_ == end_)
        begin_ = end_ = 0;
    if (in_.size() - begin_ < wanted) {
        std::memmove(in_.data(), in_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    while (filled() < wanted) {
        auto const n = receive(std::span(in_).subspan(end_));
        if (n <= 0)
            return false;
        end_ += static_cast<std::size_t>(n);
    }
    return true;
}

std::span<std::byte const> connection::take(std::size_t size)
{
    std::span<std::byte const> const taken(in_.data() + begin_, size);
    begin_ += size;
    return taken;
}

std::span<std::byte const> connection::take_into(std::span<std::byte> to)
{
    if (buffered()) {
        auto const some = take(std::min(to.size(), filled()));
        std::memcpy(to.data(), some.data(), some.size());
        return to.first(some.size());
    }
    begin_ = end_ = 0;
    iovec const parts[] = {{to.data(), to.size()}, {in_.data(), next_headers}};
    auto const n = static_cast<std::size_t>(std::max<ssize_t>(receive(parts), 0));
    auto const size = std::min(n, to.size());
    end_ = n - size;
    return to.first(size);
}

// DCMTK takes 0 for a closed connection and leaves the association.
ssize_t connection::read(void* to, size_t size)
{
    if (!out_.empty() && !flush())
        return 0;
    if (!buffered()) {
        if (size >= in_.size())
            return receive({static_cast<std::byte*>(to), size});
        auto const n = receive(std::span(in_));
        if (n <= 0)
            return n;
        begin_ = 0;
        end_ = static_cast<std::size_t>(n);
    }
    auto const n = std::min(size, end_ - begin_);
    std::memcpy(to, in_.data() + begin_, n);
    begin_ += n;
    return static_cast<ssize_t>(n);
}

OFBool connection::networkDataAvailable(int)
{
    return await_input() == readiness::ready;
}

link*& transport_layer::link_of_this_thread()
{
    thread_local link* mine = nullptr;
    return mine;
}

DcmTransportConnection* transport_layer::createConnection(DcmNativeSocketType opened, OFBool secure)
{
    auto* const mine = link_of_this_thread();
    if (!mine || secure || ::dup3(mine->socket.get(), opened, O_CLOEXEC) < 0)
        return nullptr;
    mine->socket = descriptor();
    return std::make_unique<connection>(opened, *mine).release();
}

}  // namespace pons::upstream::dimse
