#pragma once

#include <span>
#include <string>
#include <string_view>

namespace pons::config {

/// The candidate that `word` was most likely meant to be: by edit distance (Damerau), where case and '-' for '_' cost
/// nothing. Empty when none is near: more than a third of the letters differ.
std::string_view nearest(std::string_view word, std::span<std::string_view const> candidates);

/// "a, b or c"
std::string one_of(std::span<std::string_view const> words);

}  // namespace pons::config
