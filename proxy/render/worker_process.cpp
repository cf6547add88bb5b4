#include "proxy/render/worker_process.hpp"

#include "render/errc.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

namespace pons::proxy::render {

namespace {

using pons::render::errc;
using pons::render::header_size;

std::string program_of(settings const& how)
{
    if (!how.program.empty())
        return how.program;
    std::error_code ignored;
    auto const self = std::filesystem::read_symlink("/proc/self/exe", ignored);
    return (self.parent_path() / "pons-render").string();
}

pid_t spawn(settings const& how, int socket)
{
    auto const program = program_of(how);
    auto const memory = std::to_string(how.memory);
    auto const cpu = std::to_string(how.cpu.count());
    std::array<char*, 4> arguments{const_cast<char*>(program.c_str()), const_cast<char*>(memory.c_str()),
                                   const_cast<char*>(cpu.c_str()), nullptr};
    // Secrets of ours may be in the environment.
    auto const* const dictionary = std::getenv("DCMDICTPATH");
    auto const variable = std::string("DCMDICTPATH=") + (dictionary ? dictionary : "");
    std::array<char*, 2> environment{dictionary ? const_cast<char*>(variable.c_str()) : nullptr, nullptr};

    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, socket, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files, 3);
    pid_t pid = -1;
    auto const error = ::posix_spawn(&pid, program.c_str(), &files, nullptr, arguments.data(), environment.data());
    posix_spawn_file_actions_destroy(&files);
    return error == 0 ? pid : -1;
}

}  // namespace

result<std::unique_ptr<worker_process>> worker_process::start(executor on, settings const& how)
{
    std::array<int, 2> pair{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0)
        return fail(errc::unavailable);
    auto const pid = spawn(how, pair[1]);
    ::close(pair[1]);
    if (pid < 0) {
        ::close(pair[0]);
        return fail(errc::unavailable);
    }
    socket ours(on, asio::local::stream_protocol(), pair[0]);
    return std::unique_ptr<worker_process>(new worker_process(std::move(ours), pid));
}

worker_process::worker_process(socket s, pid_t pid)
    : socket_(std::move(s)), pid_(pid), id_(pid), body_(pons::render::max_chunk)
{
}

worker_process::~worker_process()
{
    if (auto const pid = abandon(); pid > 0)
        ::waitpid(pid, nullptr, 0);
}

bool worker_process::lives() const
{
    siginfo_t ended{};
    auto const which = static_cast<id_t>(pid_);
    return pid_ > 0 && ::waitid(P_PID, which, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0;
}

void worker_process::stop()
{
    boost::system::error_code ignored;
    socket_.shutdown(socket::shutdown_both, ignored);
    sending_ = true;  // whatever it was in the middle of
}

pid_t worker_process::abandon()
{
    boost::system::error_code ignored;
    socket_.close(ignored);
    if (pid_ > 0)
        ::kill(pid_, SIGKILL);
    return std::exchange(pid_, -1);
}

awaitable<result<void>> worker_process::send(pons::render::message kind, std::span<std::byte const> body)
{
    auto const header = pons::render::to_bytes({kind, static_cast<std::uint32_t>(body.size())});
    std::array<asio::const_buffer, 2> const both{asio::buffer(header), asio::buffer(body.data(), body.size())};
    sending_ = true;
    auto const [error, size] = co_await asio::async_write(socket_, both, as_tuple);
    if (error)
        co_return fail(errc::crashed);
    sending_ = false;
    co_return result<void>{};
}

/// It has closed its socket, so it is gone or about to go.
failure worker_process::why_it_ended()
{
    int status = 0;
    auto const pid = abandon();
    bool const told = pid > 0 && ::waitpid(pid, &status, 0) == pid && WIFSIGNALED(status);
    auto const code = told && WTERMSIG(status) == SIGXCPU ? errc::out_of_time : errc::crashed;
    return {make_error_code(code), {}, {}};
}

awaitable<result<worker_process::received>> worker_process::receive()
{
    std::array<std::byte, header_size> raw{};
    receiving_ = true;
    auto const [no_header, got] = co_await asio::async_read(socket_, asio::buffer(raw), as_tuple);
    if (no_header == asio::error::operation_aborted)
        co_return fail(errc::crashed);
    if (no_header)
        co_return tl::unexpected(why_it_ended());
    auto const header = pons::render::to_header(raw);
    if (!header)
        co_return fail(errc::bad_request);
    auto const into = asio::buffer(body_.data(), header->length);
    auto const [no_body, size] = co_await asio::async_read(socket_, into, as_tuple);
    if (no_body == asio::error::operation_aborted)
        co_return fail(errc::crashed);
    if (no_body)
        co_return tl::unexpected(why_it_ended());
    receiving_ = false;
    received const whole{header->kind, std::span<std::byte const>(body_).first(header->length)};
    co_return whole;
}

}  // namespace pons::proxy::render
