#pragma once

#include "proxy/cli/options.hpp"

#include <span>
#include <string_view>

namespace pons::proxy::cli {

/// A switch of a verb, `--name`.
struct flag {
    std::string_view name;
    std::string_view help;  ///< fits on a line behind the name
    bool options::*to;
};

/// An option of a verb that takes a text, `--name VALUE`.
struct text_option {
    std::string_view name;
    std::string_view value;  ///< what stands for it in the help, "UID"
    std::string_view help;   ///< fits on a line behind both
    std::string options::*to;
};

/// `pons <name> [<operand>] [flags]`
struct verb {
    std::string_view name;
    std::string_view help;       ///< fits on a line behind the name
    int (*run)(options const&);  ///< gives an exit_code as a number; what it throws is told as a bug
    std::span<flag const> flags{};
    std::string_view operand{};  ///< "source"; empty: takes none
    std::string_view operand_help{};
    bool operand_required = false;
    std::span<text_option const> texts{};
};

/// The verbs that exist. A new one is a row here and a pair of files beside this one with its `run`.
std::span<verb const> verbs();

}  // namespace pons::proxy::cli
