#include "proxy/operations/lifecycle.hpp"

#include <spdlog/spdlog.h>

#include <csignal>
#include <ctime>

namespace pons::proxy::operations {

namespace {

using namespace std::chrono_literals;

sigset_t stop_signals()
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    return set;
}

sigset_t all_signals()
{
    auto set = stop_signals();
    sigaddset(&set, SIGHUP);
    return set;
}

/// Until there is a reason to stop.
void wait_for_stop(std::function<void()> const& read_again, terminal const& started_from)
{
    auto const set = all_signals();
    for (;;) {
        siginfo_t told{};
        int const received = sigwaitinfo(&set, &told);
        if (received == -1)
            continue;
        if (received != SIGHUP)
            return;
        if (started_from.has_gone(told)) {
            spdlog::info("the terminal has gone");
            return;
        }
        read_again();
    }
}

}  // namespace

void prepare_signals()
{
    auto const set = all_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

void run_until_signal(http::server& server, std::chrono::milliseconds grace, std::function<void()> const& read_again,
                      terminal const& started_from)
{
    wait_for_stop(read_again, started_from);
    auto const set = stop_signals();
    spdlog::info("stopping: {} requests in flight", server.counts().requests.load());
    server.drain();
    timespec const slice{.tv_sec = 0, .tv_nsec = 20'000'000};
    for (auto const end = clock::now() + grace; !server.drained() && clock::now() < end;)
        if (sigtimedwait(&set, nullptr, &slice) > 0)
            break;
    server.stop(0ms);
    spdlog::info("stopped");
}

}  // namespace pons::proxy::operations
