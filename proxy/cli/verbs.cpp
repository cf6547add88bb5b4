#include "proxy/cli/check.hpp"
#include "proxy/cli/serve.hpp"
#include "proxy/cli/verb.hpp"

namespace pons::proxy::cli {

namespace {

constexpr flag check_flags[] = {
    {"json", "print what is wrong as a JSON array", &options::json},
    {"keys", "print every key of the file as Markdown tables", &options::keys},
    {"explain", "print the settings that hold, defaults and presets included", &options::explain},
};

constexpr verb rows[] = {
    {.name = "serve", .help = "serve until stopped", .run = &serve::run},
    {.name = "check",
     .help = "check the configuration and tell all that is wrong",
     .run = &check::run,
     .flags = check_flags},
};

}  // namespace

std::span<verb const> verbs()
{
    return rows;
}

}  // namespace pons::proxy::cli
