#pragma once

#include "config/settings.hpp"
#include "proxy/sources.hpp"

#include <filesystem>

namespace pons::proxy::cli {

/// Reads the configuration again while it is served, and applies what may change without a restart
/// (`config::changes_between`). A file with a fault changes nothing; what is wrong is logged as `pons check` tells it.
/// Of sources each that changes is told in a line of its own, of all else that differs from what runs the keys, never
/// values. A last line says that it is done.
class reading_again {
public:
    /// `file`, which was read when Pons started, said `started`.
    reading_again(std::filesystem::path file, config::settings started, change_source change);

    /// Blocks as config::load. Throws nothing.
    void operator()() noexcept;

private:
    void read();
    void apply(config::source const& now);

    std::filesystem::path const file_;
    config::settings const started_;
    config::settings running_;  // with what was applied since
    change_source const change_;
};

}  // namespace pons::proxy::cli
