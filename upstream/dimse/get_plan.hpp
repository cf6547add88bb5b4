#pragma once

#include "upstream/dimse/c_get.hpp"
#include "upstream/dimse/contents.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pons::upstream::dimse {

/// How to fetch `request` when `known` is what the archive says that it holds: one presentation context for each SOP
/// class and transfer syntax, since with several syntaxes in one context an archive chooses once, and transcodes or
/// fails what is stored otherwise.
///
/// Classes: those of the instances; else those of the study; else what the modality usually makes, and the common ones.
/// Transfer syntaxes: Explicit and Implicit VR Little Endian, and those that the archive named; else the common ones
/// for that kind of class. More than fit into one association: the series are shared out among several when the classes
/// of all are known; else every class keeps its likeliest ones.
///
/// The further attempts are for archives that failed all sub-operations of the first: compressed transfer syntaxes
/// only, then each of these alone.
std::vector<get_attempt> plan_get(retrieve_request const& request, contents const& known);

/// The classes that a modality (0008,0060) usually makes.
std::vector<std::string> classes_of_modality(std::string_view modality);
/// The classes that most archives hold.
std::vector<std::string> common_classes();

/// The transfer syntaxes in which instances of a class are usually stored, the likeliest first;
/// Explicit and Implicit VR Little Endian are always the first two.
std::vector<std::string> usual_syntaxes(std::string_view sop_class);

}  // namespace pons::upstream::dimse
