#include "proxy/operations/terminal.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace pons::proxy::operations {

namespace {

bool has_terminal()
{
    int const controlling = ::open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (controlling == -1)
        return false;
    ::close(controlling);
    return true;
}

bool is_ignored(int signal)
{
    struct sigaction now {};
    return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

}  // namespace

terminal::terminal() : ends_us_(has_terminal() && !is_ignored(SIGHUP)), shell_(::getppid()) {}

bool terminal::has_gone(siginfo_t const& told) const
{
    // Whoever sends it by hand may do so long after a terminal was closed from which Pons went to the background.
    bool const from_there = told.si_code == SI_KERNEL || told.si_pid == shell_;
    return ends_us_ && from_there && !has_terminal();
}

}  // namespace pons::proxy::operations
