#pragma once

#include "config/settings.hpp"
#include "upstream/probe/probe.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pons::proxy::cli::probe {

/// What a run of `pons probe` has to tell. No values of the study that was asked about.
struct report {
    struct line {
        std::string key;    ///< of `quirks`
        std::string value;  ///< as YAML
        std::string now;    ///< what is configured
        std::string why;

        bool differs() const { return value != now; }
    };
    struct likeness {
        std::string preset;
        std::vector<std::string> but_for;  ///< keys in which it says otherwise: none, or one
    };
    struct open_question {
        std::string key;
        std::string why;
    };

    std::string source;
    unsigned queries = 0;
    std::vector<line> lines;
    std::vector<open_question> untold;
    std::vector<std::string> seen;
    std::vector<likeness> presets;  ///< that come nearest; none when the configured one is among them
    bool differs() const;
};

/// From findings to keys, compared with what is configured for the source of that name, which exists. Keys that this
/// version does not have are told among what was seen.
report make_report(config::settings const& settings, std::string_view source, upstream::probe::learned const& what);

/// YAML that is a whole file, or pasted line by line; everything else in it is a remark.
std::string to_yaml(report const& r);
std::string to_json(report const& r);

}  // namespace pons::proxy::cli::probe
