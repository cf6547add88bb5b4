#include "tests/support/process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace pons::test {

namespace {

pid_t spawn(std::vector<std::string> const& command)
{
    std::vector<char*> arguments;
    for (auto const& a : command)
        arguments.push_back(const_cast<char*>(a.c_str()));
    arguments.push_back(nullptr);

    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files, 3);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    pid_t pid = -1;
    auto const error = ::posix_spawnp(&pid, arguments[0], &files, &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return error == 0 ? pid : -1;
}

sockaddr_in loopback(std::uint16_t port)
{
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(port);
    return at;
}

}  // namespace

int run(std::vector<std::string> const& command)
{
    auto const pid = spawn(command);
    int status = 0;
    if (pid < 0 || ::waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}

process::process(std::vector<std::string> const& command) : pid_(spawn(command))
{
    if (pid_ < 0)
        throw std::runtime_error("cannot start " + command.front());
}

process::~process()
{
    ::kill(-pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
}

temporary_folder::temporary_folder()
{
    auto pattern = (std::filesystem::temp_directory_path() / "pons-test-XXXXXX").string();
    if (!::mkdtemp(pattern.data()))
        throw std::runtime_error("no temporary folder");
    path_ = pattern;
}

temporary_folder::~temporary_folder()
{
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::uint16_t free_port()
{
    auto const fd = ::socket(AF_INET, SOCK_STREAM, 0);
    auto at = loopback(0);
    socklen_t size = sizeof at;
    auto* const address = reinterpret_cast<sockaddr*>(&at);
    auto const good = ::bind(fd, address, size) == 0 && ::getsockname(fd, address, &size) == 0;
    ::close(fd);
    if (!good)
        throw std::runtime_error("no free port");
    return ntohs(at.sin_port);
}

bool wait_for_listener(std::uint16_t port)
{
    auto const until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    auto const at = loopback(port);
    while (std::chrono::steady_clock::now() < until) {
        auto const fd = ::socket(AF_INET, SOCK_STREAM, 0);
        auto const open = ::connect(fd, reinterpret_cast<sockaddr const*>(&at), sizeof at) == 0;
        ::close(fd);
        if (open)
            return true;
        // There is nothing to be told by: another program starts up.
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
}

}  // namespace pons::test
