#include "proxy/cli/exit_code.hpp"

namespace pons::proxy::cli {

namespace {

constexpr exit_code_row rows[] = {
    {exit_code::ok, "all is well; warnings do not count"},
    {exit_code::failed, "the verb ran, and what it looked at is not well"},
    {exit_code::usage, "the command line cannot be understood"},
    {exit_code::configuration, "the configuration is missing or faulty"},
    {exit_code::not_started, "something that serving needs cannot be had: a port, a certificate"},
    {exit_code::differs, "what `pons probe` learned is not what is configured"},
    {exit_code::internal, "a bug of Pons, or no memory left"},
};

}  // namespace

std::span<exit_code_row const> exit_codes()
{
    return rows;
}

}  // namespace pons::proxy::cli
