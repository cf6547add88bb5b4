#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace pons::config {

/// A value with its references replaced.
struct expanded {
    std::string text;
    bool from_outside = false;  ///< something was replaced: the text must not be shown
};

/// Replaces `${env:NAME}` by a variable of the environment and `${file:path}` by what a file holds, without the line
/// end at its end; a relative path is taken from `base`. Several may stand in one value; `$${` stands for `${`. What
/// was put in is not looked at again, and it never meets the YAML parser.
///
/// The error names the variable or file and what is wrong with it ("the environment has no variable NAME; …"), never
/// a value. Files are ordinary ones of at most 64 KiB without zero bytes. Blocks for the time that the file takes.
tl::expected<expanded, std::string> expand(std::string_view text, std::filesystem::path const& base);

}  // namespace pons::config
