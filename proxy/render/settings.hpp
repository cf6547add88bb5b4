#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace pons::proxy::render {

/// How `pons-render` is run, and how much of it.
struct settings {
    std::string program;                      ///< empty: `pons-render` beside the program that runs
    std::uint32_t workers = 2;                ///< processes at once, started when there is something to do
    std::uint32_t queue_length = 64;          ///< jobs that may wait for one
    std::chrono::milliseconds queue{15'000};  ///< how long they may wait; the archive waits along
    std::chrono::seconds cpu{60};             ///< CPU time of one job
    std::uint64_t memory = 1ull << 30;        ///< address space of a worker, its libraries included
};

}  // namespace pons::proxy::render
