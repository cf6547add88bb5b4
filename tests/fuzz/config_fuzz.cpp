#include "config/describe.hpp"
#include "config/load.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

// A configuration file of any bytes ends in settings or in diagnostics, and settings can be shown and read again.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    using namespace pons::config;
    auto const loaded = load_text({reinterpret_cast<char const*>(data), size}, "fuzz.yaml", "/nowhere");
    bool faulty = false;
    for (auto const& d : loaded.diagnostics) {
        faulty = faulty || d.severity == severity::error;
        if (to_string(d).size() < d.message.size() || d.message.empty())
            std::abort();
    }
    if (faulty == loaded.settings.has_value())
        std::abort();
    if (loaded.settings && as_yaml(effective(loaded)).empty())
        std::abort();
    return 0;
}
