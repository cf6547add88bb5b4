#pragma once

#include <span>
#include <string_view>

/// Storage SOP classes (PS3.4 §B.5).
namespace pons::mapping::tables {

struct sop_class {
    std::string_view uid;
    std::string_view name;  ///< as PS3.6 Table A-1 spells it
};

/// All rows, ascending by UID as text.
std::span<sop_class const> sop_classes();
/// The name of a storage SOP class; empty for one that is not known.
std::string_view sop_class_name(std::string_view uid);

}  // namespace pons::mapping::tables
