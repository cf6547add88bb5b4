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

}  // namespace

void prepare_signals()
{
    auto const set = stop_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

void run_until_signal(http::server& server, std::chrono::milliseconds grace)
{
    auto const set = stop_signals();
    int received = 0;
    while (sigwait(&set, &received) != 0) {
    }
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
