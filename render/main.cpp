#include "render/worker.hpp"

#include <unistd.h>
#include <charconv>
#include <cstdio>
#include <string_view>

namespace {

bool read(std::string_view text, auto& number)
{
    auto const got = std::from_chars(text.data(), text.data() + text.size(), number);
    return got.ec == std::errc() && got.ptr == text.data() + text.size();
}

}  // namespace

/// Decodes pixels for `pons`, which starts it: standard input is the socket. Nothing for people to run.
int main(int count, char** arguments)
{
    pons::render::sandbox_limits limits;
    long seconds = limits.cpu_of_a_job.count();
    if (count != 3 || !read(arguments[1], limits.memory) || !read(arguments[2], seconds) || seconds < 1) {
        std::fputs("pons-render is started by pons: pons-render MEMORY_BYTES CPU_SECONDS\n", stderr);
        return 2;
    }
    limits.cpu_of_a_job = std::chrono::seconds(seconds);
    pons::render::leave_the_parent();
    return pons::render::work(STDIN_FILENO, limits);
}
