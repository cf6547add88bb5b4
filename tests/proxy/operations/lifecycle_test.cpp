#include "proxy/operations/lifecycle.hpp"

#include "tests/proxy/http/test_server.hpp"

#include <array>
#include <csignal>
#include <future>
#include <thread>

#include <pty.h>
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

namespace {

/// A server that is started from a terminal of its own, and how it ends; SIGHUP without another meaning writes "again"
/// there.
struct on_a_terminal {
    int terminal = -1;
    pid_t server = -1;

    explicit on_a_terminal(bool nohup = false)
    {
        server = ::forkpty(&terminal, nullptr, nullptr, nullptr);
        REQUIRE(server != -1);
        if (server != 0)
            return;
        if (nohup)
            std::signal(SIGHUP, SIG_IGN);
        proxy::operations::prepare_signals();
        int code = 1;
        try {
            test_server s;
            auto const say = [](std::string_view text) {
                return ::write(STDOUT_FILENO, text.data(), text.size()) != -1;
            };
            say("ready");
            proxy::operations::run_until_signal(s.server, 0ms, [&] {
                if (!say("again"))  // there is nowhere to write to any more
                    ::_exit(20);
            });
            code = 10;
        } catch (...) {
        }
        ::_exit(code);
    }
    ~on_a_terminal() { ::close(terminal); }

    void wait_for(std::string_view text) const
    {
        std::string read;
        std::array<char, 256> some{};
        while (read.find(text) == std::string::npos) {
            auto const size = ::read(terminal, some.data(), some.size());
            REQUIRE(size > 0);
            read.append(some.data(), static_cast<std::size_t>(size));
        }
    }

    int end() const
    {
        int state = 0;
        CHECK(::waitpid(server, &state, 0) == server);
        return WIFEXITED(state) ? WEXITSTATUS(state) : -WTERMSIG(state);
    }
};

}  // namespace

TEST_CASE("SIGHUP has the configuration read again, as often as it comes, also on a terminal")
{
    on_a_terminal one;
    one.wait_for("ready");
    for (int i = 0; i < 3; ++i) {
        ::kill(one.server, SIGHUP);
        one.wait_for("again");
    }
    ::kill(one.server, SIGTERM);
    CHECK(one.end() == 10);
}

TEST_CASE("a terminal that is closed stops what was started from it by hand")
{
    on_a_terminal one;
    one.wait_for("ready");
    ::close(std::exchange(one.terminal, -1));
    CHECK(one.end() == 10);
}

TEST_CASE("a terminal that is closed does not stop what was started with nohup")
{
    on_a_terminal one(true);
    one.wait_for("ready");
    ::close(std::exchange(one.terminal, -1));
    CHECK(one.end() == 20);
}
