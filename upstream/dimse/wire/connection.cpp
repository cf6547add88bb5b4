#include "upstream/dimse/wire/connection.hpp"

#include "upstream/dimse/wire/associate_items.hpp"

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
    connection::close();
}

void connection::close()
{
    if (link_.made.tls && getSocket() >= 0)
        link_.made.tls->close();
    DcmTCPConnection::close();
}

void connection::acknowledge_at_once()
{
    int const on = 1;
    ::setsockopt(getSocket(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

tls_session::attempt connection::put(std::span<std::byte const> from)
{
    if (link_.made.tls)
        return link_.made.tls->write(from);
    for (;;) {
        auto const n = ::send(getSocket(), from.data(), from.size(), MSG_NOSIGNAL);
        if (n >= 0)
            return {static_cast<std::size_t>(n), 0};
        if (errno != EINTR)
            return {0, errno == EAGAIN ? short{POLLOUT} : short{0}};
    }
}

bool connection::flush()
{
    held_ = false;
    std::size_t sent = 0;
    while (sent < out_.size()) {
        auto const some = put(std::span(out_).subspan(sent));
        sent += some.bytes;
        if (some.bytes > 0)
            continue;
        if (some.wanted == 0)
            break;
        if (link_.last = wait_for(getSocket(), some.wanted, link_.how_long); link_.last != readiness::ready)
            break;
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
    while (auto const wanted = pull()) {
        acknowledge_at_once();
        auto const came = wait_for(getSocket(), wanted, link_.how_long);
        if (came != readiness::ready) {
            link_.last = came;
            return came;
        }
        if (!link_.made.tls)
            break;
    }
    return readiness::ready;
}

bool connection::has_input()
{
    if (pull() == 0)
        return true;
    pollfd watched{getSocket(), POLLIN, 0};
    return !link_.made.tls && ::poll(&watched, 1, 0) != 0;
}

/// 0 when there is something to read, the end included; else what the socket is to be waited for. Where TLS is in
/// between, a socket that is ready does not say so.
short connection::pull()
{
    if (buffered())
        return 0;
    if (!link_.made.tls)
        return POLLIN;
    begin_ = 0;
    auto const came = link_.made.tls->read(in_);
    end_ = came.bytes;
    return came.wanted;
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
        short wanted = 0;
        if (link_.made.tls) {
            auto const first = to.front();
            auto const came = link_.made.tls->read({static_cast<std::byte*>(first.iov_base), first.iov_len});
            if (came.wanted == 0)
                return static_cast<ssize_t>(came.bytes);
            wanted = came.wanted;
        } else {
            auto const n = ::readv(getSocket(), to.data(), static_cast<int>(to.size()));
            if (n >= 0)
                return n;
            if (errno == EINTR)
                continue;
            if (errno != EAGAIN)
                return 0;
            wanted = POLLIN;
        }
        acknowledge_at_once();  // what comes next, and what came before
        if (link_.last = wait_for(getSocket(), wanted, link_.how_long); link_.last != readiness::ready)
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
    if (filled() > 0) {
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

/// Reads the first PDU, before DCMTK does, and looks at it if it is an A-ASSOCIATE-AC.
bool connection::has_sound_answer()
{
    if (!fill(pdu::header_size))
        return false;
    auto const head = std::span<std::byte const>(in_).subspan(begin_, pdu::header_size);
    if (static_cast<pdu::type>(head[0]) != pdu::type::associate_ac)
        return true;
    std::size_t const size = pdu::big_endian(head.subspan(2, 4));
    link_.rubbish = size > pdu::longest_accept;
    if (link_.rubbish)
        return false;
    in_.resize(std::max(in_.size(), begin_ + pdu::header_size + size));
    if (!fill(pdu::header_size + size))
        return false;
    link_.rubbish = !pdu::is_well_formed_accept(std::span(in_).subspan(begin_ + pdu::header_size, size));
    return !link_.rubbish;
}

// DCMTK takes 0 for a closed connection and leaves the association.
ssize_t connection::read(void* to, size_t size)
{
    if (!out_.empty() && !flush())
        return 0;
    if (!answered_ && !has_sound_answer())
        return 0;
    answered_ = true;
    if (filled() == 0) {
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
    if (!mine || secure || ::dup3(mine->made.socket.get(), opened, O_CLOEXEC) < 0)
        return nullptr;
    mine->made.socket = descriptor();
    if (mine->made.tls)
        mine->made.tls->move_to(opened);
    return std::make_unique<connection>(opened, *mine).release();
}

}  // namespace pons::upstream::dimse
