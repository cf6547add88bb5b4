#include "proxy/cli/configuration.hpp"

#include <algorithm>
#include <ostream>
#include <system_error>

namespace pons::proxy::cli {

std::filesystem::path find_configuration(options const& o)
{
    if (!o.config.empty())
        return o.config;
    std::error_code error;
    auto const exists = [&](std::filesystem::path const& place) { return std::filesystem::exists(place, error); };
    auto const place = std::ranges::find_if(o.usual_places, exists);
    return place == o.usual_places.end() ? std::filesystem::path() : *place;
}

config::result_of_load load_configuration(options const& o)
{
    if (auto const file = find_configuration(o); !file.empty())
        return config::load(file);
    std::string looked;
    for (auto const& place : o.usual_places)
        looked += (looked.empty() ? "" : " and ") + place.string();
    config::result_of_load none;
    none.diagnostics.push_back(
        {.file = "pons",
         .message = "there is no configuration at " + looked + "; write one, or name it with --config"});
    return none;
}

void tell(std::span<config::diagnostic const> diagnostics, std::ostream& err)
{
    for (auto const& d : diagnostics)
        err << config::to_string(d) << '\n';
}

}  // namespace pons::proxy::cli
