#include "upstream/dimse/wire/waiting.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace pons::upstream::dimse {

descriptor::~descriptor()
{
    if (fd_ >= 0)
        ::close(fd_);
}

interruption::interruption() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
    if (!event_)
        throw std::system_error(errno, std::generic_category(), "eventfd");
}

void interruption::request() noexcept
{
    requested_.store(true, std::memory_order_release);
    ::eventfd_write(event_.get(), 1);
}

void interruption::reset() noexcept
{
    eventfd_t count = 0;
    ::eventfd_read(event_.get(), &count);
    requested_.store(false, std::memory_order_release);
}

readiness check(patience const& how_long)
{
    if (how_long.by && how_long.by->requested())
        return readiness::interrupted;
    return clock::now() < how_long.deadline ? readiness::ready : readiness::expired;
}

namespace {

/// `watched` but for the last: what is waited for. The last: for the interruption.
template <std::size_t N>
readiness poll_all(pollfd (&watched)[N], patience const& how_long)
{
    watched[N - 1] = {how_long.by ? how_long.by->fd() : -1, POLLIN, 0};
    for (;;) {
        if (auto const now = check(how_long); now != readiness::ready)
            return now;
        using std::chrono::milliseconds;
        auto const left = std::chrono::ceil<milliseconds>(
            std::min<clock::duration>(how_long.deadline - clock::now(), std::chrono::hours(1)));
        auto const count = ::poll(watched, N, static_cast<int>(std::max(left, milliseconds(0)).count()));
        if (count < 0 && errno != EINTR)
            return readiness::expired;
        bool const there = std::any_of(watched, watched + N - 1, [](pollfd const& one) { return one.revents != 0; });
        if (count > 0 && there && !(how_long.by && how_long.by->requested()))
            return readiness::ready;
    }
}

}  // namespace

readiness wait_for(int fd, short events, patience const& how_long)
{
    pollfd watched[] = {{fd, events, 0}, {}};
    return poll_all(watched, how_long);
}

either wait_for_either(int first, int second, patience const& how_long)
{
    pollfd watched[] = {{first, POLLIN, 0}, {second, POLLIN, 0}, {}};
    auto const came = poll_all(watched, how_long);
    if (came != readiness::ready)
        return came == readiness::expired ? either::expired : either::interrupted;
    return watched[0].revents != 0 ? either::first : either::second;
}

}  // namespace pons::upstream::dimse
