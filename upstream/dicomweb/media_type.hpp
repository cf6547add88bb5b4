#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pons::upstream::dicomweb {

/// A parameter of a media type (RFC 9110 §5.6.6), quotes and escapes undone; nothing when it is not there. Names are
/// compared without case. `media_type` is a whole Content-Type: `multipart/related; type="application/dicom";
/// boundary=x`.
std::optional<std::string> media_type_parameter(std::string_view media_type, std::string_view name);

/// The boundary of a multipart body (RFC 2046 §5.1.1). Found too where a server put all parameters into the quotes of
/// another one (`type="application/dicom; boundary=x"`). Nothing when there is none, or one that nobody can mean:
/// longer than `max_boundary`, with control characters, or blank at its end.
std::optional<std::string> multipart_boundary(std::string_view media_type);

/// 70 is the standard's; some count the hyphens before it.
inline constexpr std::size_t max_boundary = 128;

/// Whether `media_type` is `type` ("multipart/related") with any parameters.
bool is_media_type(std::string_view media_type, std::string_view type);

}  // namespace pons::upstream::dicomweb
