#include "proxy/cli/command_line.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <iostream>
#include <memory>

int main(int argc, char** argv)
{
    // Until `serve` has a log of its own: what is told must not stand within the answers of the other verbs.
    auto const log = std::make_shared<spdlog::logger>("pons", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    log->set_pattern("pons: %v");
    spdlog::set_default_logger(log);
    return pons::proxy::cli::run(pons::proxy::cli::verbs(), argc, argv, std::cout, std::cerr);
}
