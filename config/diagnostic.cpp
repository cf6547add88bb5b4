#include "config/diagnostic.hpp"

namespace pons::config {

std::string to_string(diagnostic const& d)
{
    std::string line = d.file;
    if (d.line != 0)
        line += ':' + std::to_string(d.line) + ':' + std::to_string(d.column);
    line += ": ";
    if (d.severity == severity::warning)
        line += "warning: ";
    if (!d.key.empty())
        line += d.key + ": ";
    return line + d.message;
}

}  // namespace pons::config
