#pragma once

#include "upstream/probe/pinned.hpp"

/// Questions with texts of the study written in other ways.
namespace pons::upstream::probe {

/// Small letters for large ones, or large for small where there are small ones; ASCII only.
std::string other_letters(std::string text);
/// Empty when something else than accents is beyond ASCII. Letters are small where accents stood.
std::string without_accents(std::string_view text);

/// All but the last letter, and a wild card for it.
made beginning(findings const& f, tag attribute, std::string const& value, char const* wild);

/// Specific Character Set of what the archive told, its values joined by a backslash.
std::string label_of(findings const& f);
/// The patient's name, which has letters beyond ASCII, in a character set.
made name_in(findings const& f, char const* charset);
/// The same in the set that answers are labelled with.
made name_as_labelled(findings const& f);
/// By QIDO-RS: a name with a ^ in it.
made encoded(findings const& f, config::query_encoding as);
/// By QIDO-RS: PatientID with each letter percent-encoded, which only a server that decodes can read.
made all_encoded(findings const& f);

}  // namespace pons::upstream::probe
