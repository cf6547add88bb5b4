#pragma once

#include <cstdint>
#include <string>

/// What is said about a configuration file. A text names keys, variables and files, and may quote a value that is
/// wrong, but never one that is secret or that came from `${env:…}` or `${file:…}`.
namespace pons::config {

enum class severity { error, warning };

struct diagnostic {
    config::severity severity = config::severity::error;
    std::string file{};        ///< as it was named
    std::uint32_t line = 0;    ///< from 1; 0: the file as a whole
    std::uint32_t column = 0;  ///< from 1
    std::string key{};         ///< "sources.main-pacs.port"; empty: no key is at fault
    std::string message{};     ///< what is wrong; what would be right

    friend bool operator==(diagnostic const&, diagnostic const&) = default;
};

/// One line: "pons.yaml:3:9: http.listen: what is wrong; what would be right". A warning says so after the place.
std::string to_string(diagnostic const& d);

}  // namespace pons::config
