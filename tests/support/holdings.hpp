#pragma once

#include <doctest/doctest.h>

#include <malloc.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PONS_TEST_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PONS_TEST_SANITIZED
#endif
#endif

/// What this process has of the system, so that what leaks is seen.
namespace pons::test {

struct holdings {
    std::ptrdiff_t descriptors = 0;
    std::ptrdiff_t threads = 0;
    std::ptrdiff_t resident = 0;   ///< bytes
    std::ptrdiff_t allocated = 0;  ///< bytes that were asked for and not freed

    static holdings now()
    {
        auto const entries = [](char const* folder) {
            return std::distance(std::filesystem::directory_iterator(folder), {});
        };
        std::ptrdiff_t pages = 0;
        std::ifstream("/proc/self/statm") >> pages >> pages;
        return {.descriptors = entries("/proc/self/fd"),
                .threads = entries("/proc/self/task"),
                .resident = pages * ::sysconf(_SC_PAGESIZE),
                .allocated = static_cast<std::ptrdiff_t>(::mallinfo2().uordblks)};
    }
};

/// After many more of the same: `spare` descriptors and threads, and some bytes for each of `times`. Sanitizers hold
/// memory of their own back, and find what leaks themselves.
inline void check_that_nothing_leaked(holdings const& before, holdings const& after, std::ptrdiff_t times,
                                      std::ptrdiff_t spare = 0)
{
    CHECK(after.descriptors <= before.descriptors + spare);
    CHECK(after.threads <= before.threads + spare);
#ifndef PONS_TEST_SANITIZED
    CHECK(after.allocated - before.allocated <= times * 64);
    CHECK(after.resident - before.resident <= times * 512);
#else
    (void)times;
#endif
}

}  // namespace pons::test
