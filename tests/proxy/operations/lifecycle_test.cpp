#include "proxy/operations/lifecycle.hpp"

#include "tests/proxy/http/test_server.hpp"

#include <csignal>
#include <future>

#include <sys/wait.h>

using namespace pons;
using namespace pons::test;

namespace {

/// Runs a server in a process of its own, since signals are for whole processes; `use` talks to it.
template <class Use>
int exit_code_of_server(std::chrono::milliseconds grace, Use use)
{
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);
    auto const child = ::fork();
    if (child == 0) {
        proxy::operations::prepare_signals();
        int code = 1;
        try {
            test_server s;
            auto const port = s.port();
            if (::write(pipe[1], &port, sizeof port) == sizeof port) {
                proxy::operations::run_until_signal(s.server, grace);
                code = s.server.drained() ? 10 + s.cancelled : 2;
            }
        } catch (...) {
        }
        ::_exit(code);
    }
    std::uint16_t port = 0;
    CHECK(::read(pipe[0], &port, sizeof port) == sizeof port);
    use(child, port);
    int state = 0;
    CHECK(::waitpid(child, &state, 0) == child);
    ::close(pipe[0]);
    ::close(pipe[1]);
    return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

}  // namespace

TEST_CASE("SIGTERM lets a request finish")
{
    auto const code = exit_code_of_server(30s, [](pid_t child, std::uint16_t port) {
        raw_client client(port);
        CHECK(client.ask(get("/hello")).status == 200);
        client.send(get("/item/1") + get("/soon"));
        CHECK(client.read().body == "1");
        ::kill(child, SIGTERM);
        CHECK(client.read().body == "soon");
        CHECK(client.closed());
    });
    CHECK(code == 10);
}

TEST_CASE("a second signal ends what still runs")
{
    auto const code = exit_code_of_server(30s, [](pid_t child, std::uint16_t port) {
        raw_client client(port);
        client.send(get("/item/1") + get("/wait"));
        CHECK(client.read().body == "1");
        ::kill(child, SIGTERM);
        CHECK(eventually([&] { return !raw_client().try_connect(port); }));
        ::kill(child, SIGINT);
        CHECK(client.closed());
    });
    CHECK(code == 11);
}

TEST_CASE("the shutdown deadline ends what still runs")
{
    auto const code = exit_code_of_server(50ms, [](pid_t child, std::uint16_t port) {
        raw_client client(port);
        client.send(get("/item/1") + get("/wait"));
        CHECK(client.read().body == "1");
        ::kill(child, SIGINT);
        CHECK(client.closed());
    });
    CHECK(code == 11);
}
