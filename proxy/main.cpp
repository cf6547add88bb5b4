#include "proxy/cli/command_line.hpp"

#include <iostream>

int main(int argc, char** argv)
{
    return pons::proxy::cli::run(pons::proxy::cli::verbs(), argc, argv, std::cout, std::cerr);
}
