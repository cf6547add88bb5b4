#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace pons::proxy::cli {

/// What the command line says, for all verbs.
struct options {
    std::filesystem::path config{};  ///< empty: the first of `usual_places` that exists
    std::vector<std::filesystem::path> usual_places{"pons.yaml", "/etc/pons/pons.yaml"};
    bool json = false;
    bool keys = false;        ///< check
    bool explain = false;     ///< check
    bool all = false;         ///< doctor
    bool retrieve = false;    ///< probe
    bool run = false;         ///< explain
    bool unmasked = false;    ///< explain
    std::string operand{};    ///< of verbs that take one: a source, a request
    std::string accession{};  ///< probe: names a study
    std::string study{};      ///< probe: the same
    std::string patient{};    ///< probe: the same

    std::ostream* out = nullptr;  ///< what was asked for; never null when a verb runs
    std::ostream* err = nullptr;  ///< what went wrong; never null when a verb runs
};

}  // namespace pons::proxy::cli
