#pragma once

#include "upstream/probe/findings.hpp"

#include <tl/expected.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Questions that are held to the one study, and values for them.
namespace pons::upstream::probe {

namespace tags = mapping::tags;
using mapping::tag;

/// A question; else why there is none ("the study has no PatientName").
using made = tl::expected<question, std::string>;

tl::unexpected<std::string> none(std::string why);

/// A UID that no study has, made from a UUID (PS3.5 §B.2).
extern char const* const nobodys_uid;

bool is_ascii(std::string_view text);
/// What stands for itself in a key: ASCII without wild cards, delimiters and quotes.
bool is_plain(std::string_view text);

/// Asked for in every query for studies: some archives find nothing for less (fo-dicom#228).
std::vector<tag> usual_return_keys();

/// For one row, in the form that is understood as far as known; no keys yet.
question about(findings const& f);
/// Held to the study, with a key.
question pinned(findings const& f, tag attribute, std::vector<std::string> values);
/// The same with a value of the study's; not made where it has none, or where nothing would follow from it.
made pinned_value(findings const& f, tag attribute, std::string value);
/// Why nothing follows from a key that is pinned: the archive ignores it, or everything beside the pin.
std::optional<std::string> pointless(findings const& f, tag attribute);

/// The first component group of the patient's name (PS3.5 §6.2.1).
std::string name_of(findings const& f);
/// A value that is not `own`, good for the attribute's VR.
std::string contradiction(tag t, std::string_view own);
/// A real modality that is not among the study's.
std::string foreign_modality(findings const& f);

}  // namespace pons::upstream::probe
