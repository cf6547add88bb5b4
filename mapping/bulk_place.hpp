#pragma once

#include "mapping/data_set.hpp"

#include <string>
#include <string_view>

/// Where a value stands in a data set: tags and item numbers from 1, "7FE00010" or "54000100/1/54001010", as
/// `metadata_cutter` writes them.
namespace pons::mapping {

/// Whether `place` is one: upper-case tags, and an item between two of them, at most `longest_place` characters.
bool is_place(std::string_view place);
inline constexpr std::size_t longest_place = 512;

/// The first value there; empty without one.
std::string_view text_at(data_set const& in, std::string_view place);

/// The place in a segment of a path, "54000100.1.54001010", and back; empty when it is none.
std::string to_segment(std::string_view place);
std::string from_segment(std::string_view segment);

}  // namespace pons::mapping
