#pragma once

#include <csignal>

#include <sys/types.h>

namespace pons::proxy::operations {

/// The terminal that the process was started from, if there is one. SIGHUP has two meanings: somebody has sent it, who
/// wants the configuration to be read again; or that terminal was closed, and whoever has started a program there by
/// hand does not expect it to go on. Where SIGHUP was ignored from the start (nohup) it is expected to.
class terminal {
public:
    /// As it is now: made when the process starts.
    terminal();

    /// Whether this SIGHUP says that it has gone: from the kernel, or handed on by the shell.
    bool has_gone(siginfo_t const& told) const;

private:
    bool ends_us_;
    pid_t shell_;
};

}  // namespace pons::proxy::operations
