#pragma once

#include <chrono>
#include <cstdint>
#include <string>

/// What the worker may still do once it meets bytes of strangers: compute, take memory up to a limit, read and write
/// the descriptors that it has. Linux only.
namespace pons::render {

struct sandbox_limits {
    std::uint64_t memory = 1ull << 30;  ///< address space, bytes
    std::chrono::seconds cpu_of_a_job{60};
};

/// Before anything else: dies with the parent, gains no privileges, dumps no core, closes every descriptor but 0 to 2,
/// and those it sends nowhere but standard input, the socket.
void leave_the_parent();

/// Whether `memory` is held: not in builds with sanitizers, whose own takes terabytes of addresses.
extern bool const bounds_memory;

/// For good: limits on memory, files of size zero, and a system call filter (seccomp) that leaves
/// reading, writing, memory and the clock. Any other call fails with EPERM. What needs files (the data dictionary) has
/// been read before. An error text, empty when all of it holds.
std::string enter_sandbox(sandbox_limits const& limits);

/// Gives the next job its CPU time; when it has used it up the kernel ends the process with SIGXCPU.
void allow_cpu(std::chrono::seconds more);

}  // namespace pons::render
