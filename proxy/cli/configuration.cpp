#include "proxy/cli/configuration.hpp"

#include <ostream>
#include <system_error>

namespace pons::proxy::cli {

config::result_of_load load_configuration(options const& o)
{
    if (!o.config.empty())
        return config::load(o.config);
    std::string looked;
    for (auto const& place : o.usual_places) {
        std::error_code error;
        if (std::filesystem::exists(place, error))
            return config::load(place);
        looked += (looked.empty() ? "" : " and ") + place.string();
    }
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
