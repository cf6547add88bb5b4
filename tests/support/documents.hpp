#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

/// Documents that hold what the code prints.
namespace pons::test {

inline std::string read_document(std::string const& path)
{
    std::ifstream file(std::string(PONS_SOURCE_DIR "/") + path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// Between "<!-- table: name -->" and "<!-- end -->" of a document stands what the code prints. With
/// PONS_UPDATE_DOCS=1 the document is brought up to date instead of being held against the code.
inline void check_table(std::string const& path, std::string const& name, std::string const& printed)
{
    CAPTURE(path);
    CAPTURE(name);
    auto const text = read_document(path);
    auto const begin_mark = "<!-- table: " + name + " -->\n";
    auto const begin = text.find(begin_mark);
    REQUIRE(begin != std::string::npos);
    auto const from = begin + begin_mark.size();
    auto const to = text.find("<!-- end -->", from);
    REQUIRE(to != std::string::npos);
    if (std::getenv("PONS_UPDATE_DOCS"))
        std::ofstream(std::string(PONS_SOURCE_DIR "/") + path) << text.substr(0, from) << printed << text.substr(to);
    else
        CHECK(text.substr(from, to - from) == printed);
}

}  // namespace pons::test
