#include "render/sandbox.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <iterator>

namespace pons::render {

namespace {

// The sanitizers' own memory is terabytes of addresses, and they have a signal stack for each thread. Such builds are
// for tests.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PONS_SANITIZED 1
#endif
#endif
#if defined(PONS_SANITIZED) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

constexpr int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
};

bool limit(int what, rlim_t value)
{
    rlimit const both{value, value};
    return ::setrlimit(static_cast<__rlimit_resource>(what), &both) == 0;
}

bool filter_calls()
{
    auto* const filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return false;
    bool good = true;
    for (auto const call : allowed)
        good = good && seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) == 0;
    if (is_sanitized)  // which tries by a pipe whether memory can be read
        for (auto const call : {SCMP_SYS(sigaltstack), SCMP_SYS(pipe2), SCMP_SYS(pipe)})
            good = good && seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) == 0;
    // Memory is never executable.
    scmp_arg_cmp const no_code[] = {{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}};
    for (auto const call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)})
        good = good && seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, no_code) == 0;
    // Its own CPU time, before each job.
    scmp_arg_cmp const own_time[] = {{0, SCMP_CMP_EQ, 0, 0}, {1, SCMP_CMP_EQ, RLIMIT_CPU, 0}};
    good = good && seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2, own_time) == 0;
    // abort() ends this process, and none else.
    scmp_arg_cmp const itself[] = {{0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(::getpid()), 0}};
    good = good && seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, itself) == 0;
    good = good && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return good;
}

}  // namespace

bool const bounds_memory = !is_sanitized;

void leave_the_parent()
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ::prctl(PR_SET_DUMPABLE, 0);
    ::syscall(SYS_close_range, 3u, ~0u, 0u);
    auto const nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nowhere >= 0) {
        ::dup2(nowhere, STDOUT_FILENO);
        ::dup2(nowhere, STDERR_FILENO);
        ::close(nowhere);
    }
}

std::string enter_sandbox(sandbox_limits const& limits)
{
    bool const bounded = is_sanitized || limit(RLIMIT_AS, limits.memory);
    if (!limit(RLIMIT_CORE, 0) || !limit(RLIMIT_FSIZE, 0) || !bounded)
        return "limits of memory and files cannot be set";
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !filter_calls())
        return "the system call filter cannot be loaded";
    return {};
}

void allow_cpu(std::chrono::seconds more)
{
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    rlimit now{};
    if (::getrlimit(RLIMIT_CPU, &now) != 0)
        return;
    now.rlim_cur = static_cast<rlim_t>(used.tv_sec + more.count() + 1);
    if (now.rlim_max != RLIM_INFINITY && now.rlim_cur > now.rlim_max)
        now.rlim_cur = now.rlim_max;
    ::setrlimit(RLIMIT_CPU, &now);
}

}  // namespace pons::render
