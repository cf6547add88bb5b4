#pragma once

#include <span>
#include <string_view>

namespace pons::proxy::cli {

/// How a run of `pons` ended. Scripts rely on the numbers: they are never given another meaning (docs/cli.md).
enum class exit_code : int {
    ok = 0,             ///< all is well
    failed = 1,         ///< the verb ran, and what it looked at is not well
    usage = 2,          ///< the command line cannot be understood
    configuration = 3,  ///< the configuration is missing or faulty
    not_started = 4,    ///< a listener, a certificate or another thing that serving needs cannot be had
    differs = 5,        ///< the verb ran, and what it learned is not what is configured
    // Of `doctor`: the first step that failed on the way to an archive. Of several archives the smallest number.
    source_settings = 20,
    source_name = 21,
    source_tcp = 22,
    source_tls = 23,
    source_association = 24,
    source_echo = 25,
    source_http = 26,
    source_find = 27,
    source_retrieve = 28,
    source_destination = 29,
    source_store_port = 30,
    source_closed = 31,
    source_tls_wanted = 32,
    source_tls_unknown = 33,
    internal = 70,  ///< a bug or exhausted memory (EX_SOFTWARE of sysexits.h)
};

struct exit_code_row {
    exit_code code;
    std::string_view meaning;
};

/// Every exit code, as docs/cli.md tells them.
std::span<exit_code_row const> exit_codes();

constexpr int to_int(exit_code code)
{
    return static_cast<int>(code);
}

}  // namespace pons::proxy::cli
