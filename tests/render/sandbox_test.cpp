#include "tests/render/client.hpp"

#include "render/sandbox.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

using namespace pons;

namespace {

/// Runs `inside` in a child that has entered the sandbox; what it returns is the result, 100 when it could not enter.
template <class F>
int in_sandbox(F inside)
{
    auto const pid = ::fork();
    if (pid == 0) {
        render::sandbox_limits const limits{.memory = 1ull << 30};
        ::_exit(render::enter_sandbox(limits).empty() ? inside() : 100);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

TEST_CASE("in the sandbox there is no socket, no file, no other program and no other process")
{
    CHECK(in_sandbox([] { return ::socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0; }) == EPERM);
    CHECK(in_sandbox([] { return ::socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? errno : 0; }) == EPERM);
    CHECK(in_sandbox([] { return ::open("/etc/passwd", O_RDONLY) < 0 ? errno : 0; }) == EPERM);
    CHECK(in_sandbox([] { return ::open("/tmp/pons-sandbox-test", O_WRONLY | O_CREAT, 0600) < 0 ? errno : 0; }) ==
          EPERM);
    CHECK(in_sandbox([] {
              char* const none[] = {nullptr};
              ::execve("/bin/true", none, none);
              return errno;
          }) == EPERM);
    CHECK(in_sandbox([] { return ::fork() < 0 ? errno : 0; }) == EPERM);
    CHECK(in_sandbox([] { return ::kill(::getppid(), 0) < 0 ? errno : 0; }) == EPERM);
    CHECK(in_sandbox([] { return ::unlink("/tmp/x") < 0 ? errno : 0; }) == EPERM);
    CHECK(in_sandbox([] {
              auto* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return ::mprotect(page, 4096, PROT_READ | PROT_EXEC) < 0 ? errno : 0;
          }) == EPERM);
    CHECK(in_sandbox([] {
              auto* const code = ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return code == MAP_FAILED ? errno : 0;
          }) == EPERM);
}

TEST_CASE("in the sandbox a file that is open cannot grow, and memory has a limit")
{
    auto const file = ::open("/tmp", O_TMPFILE | O_WRONLY, 0600);
    if (file >= 0) {
        CHECK(in_sandbox([=] { return ::write(file, "x", 1) == 1 ? 0 : 1; }) == -SIGXFSZ);
        ::close(file);
    }
    CHECK(in_sandbox([] {
              auto* const much =
                  ::mmap(nullptr, 2ull << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return much == MAP_FAILED ? errno : 0;
          }) == (render::bounds_memory ? ENOMEM : 0));
    // What it needs is there.
    CHECK(in_sandbox([] {
              std::vector<std::byte> some(64 << 20);
              return some.back() == std::byte{} ? 7 : 0;
          }) == 7);
}

TEST_CASE("CPU time of a job has an end")
{
    CHECK(in_sandbox([] {
              render::allow_cpu(std::chrono::seconds(0));
              for (volatile unsigned i = 0;;)
                  i = i + 1;
              return 0;
          }) == -SIGXCPU);
}

TEST_CASE("a worker is in the sandbox before it reads of a stranger")
{
    test::renderers with;
    test::part_collector got;
    std::size_t seen = 0;
    auto const instance = test::file("dicom/ct/CT_small.dcm");
    render::job const jpeg{};
    auto const done =
        test::run(with.context, with.renderer.run(jpeg, test::from_memory(instance, seen), got, test::soon()));
    REQUIRE(done);
    auto const worker = std::to_string(with.renderer.workers().front());
    std::ifstream in("/proc/" + worker + "/status");
    std::string const status{std::istreambuf_iterator<char>(in), {}};
    CHECK(status.find("NoNewPrivs:\t1") != status.npos);
    CHECK(status.find("Seccomp:\t2") != status.npos);  // a filter
    if (::geteuid() != 0)
        return;  // the rest of it nobody else may see
    std::size_t open = 0;
    for (auto const& descriptor : std::filesystem::directory_iterator("/proc/" + worker + "/fd")) {
        auto const name = std::filesystem::read_symlink(descriptor.path()).string();
        CAPTURE(name);
        CHECK((name == "/dev/null" || name.starts_with("socket:")));
        ++open;
    }
    CHECK(open == 3);
    std::ifstream environment("/proc/" + worker + "/environ");
    std::string const variables{std::istreambuf_iterator<char>(environment), {}};
    CHECK(variables.find("HOME=") == variables.npos);
}
