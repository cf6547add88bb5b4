#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

/// Real peers: programs of other projects, started by a test and stopped with it.
namespace pons::test {

/// Runs a program to its end; its output goes nowhere. The exit status, -1 when it could not be run.
int run(std::vector<std::string> const& command);

/// A program that runs as long as this lives, in a process group of its own.
class process {
public:
    explicit process(std::vector<std::string> const& command);
    process(process const&) = delete;
    process& operator=(process const&) = delete;
    ~process();

private:
    pid_t pid_ = -1;
};

/// A folder that goes with its contents.
class temporary_folder {
public:
    temporary_folder();
    temporary_folder(temporary_folder const&) = delete;
    temporary_folder& operator=(temporary_folder const&) = delete;
    ~temporary_folder();

    std::filesystem::path const& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// A TCP port that was free a moment ago.
std::uint16_t free_port();

/// True when somebody listens there within ten seconds.
bool wait_for_listener(std::uint16_t port);

}  // namespace pons::test
