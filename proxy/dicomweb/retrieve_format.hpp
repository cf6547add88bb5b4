#pragma once

#include "mapping/result.hpp"
#include "proxy/http/exchange.hpp"

#include <string>
#include <string_view>
#include <vector>

/// In which form instances are wanted (PS3.18 §8.7.3, §8.7.6, §10.4.1.1.2).
namespace pons::proxy::dicomweb {

/// A multipart body or the bare file, and what may come in it.
struct retrieve_format {
    bool single_part = false;           ///< the bare file instead of a multipart body
    bool as_stored = false;             ///< whatever the transfer syntax is
    std::vector<std::string> syntaxes;  ///< else one of these

    friend bool operator==(retrieve_format const&, retrieve_format const&) = default;
};

/// Those that are acceptable, the best first; one at least. Two where a bare file is acceptable as well as a body of
/// parts, but in other transfer syntaxes: which it is, the instance decides (PS3.18 §8.7.6).
using retrieve_formats = std::vector<retrieve_format>;

/// Reads Accept, or the `accept` parameter in its stead. Nothing, `*/*` and a bare multipart/related: as stored.
/// application/dicom without transfer-syntax is Explicit VR Little Endian. Single part only where `one_instance`.
/// Several members: the form with the highest q, and every transfer syntax named with it; then the other form.
///
/// Accepted beyond the standard: `type` without its quotes, and the transfer syntax inside them.
/// Errors: mapping::errc::not_acceptable.
result<retrieve_formats> negotiate_retrieve(http::request const& req, bool one_instance);

/// Whether an instance stored in `transfer_syntax_uid` may be sent as it is.
bool takes(retrieve_format const& format, std::string_view transfer_syntax_uid);

/// The first of them in which an instance stored so may be sent as it is; null: none.
retrieve_format const* taking(retrieve_formats const& formats, std::string_view transfer_syntax_uid);

/// Whether an instance stored so is to be transcoded to Explicit VR Little Endian: a form that takes it comes before
/// any that takes the instance as it is, or none does.
bool is_transcoded(retrieve_formats const& formats, std::string_view transfer_syntax_uid);

/// What is said of one that may not, and cannot be transcoded: mapping::errc::not_acceptable.
failure refused_syntax(std::string_view transfer_syntax_uid);

}  // namespace pons::proxy::dicomweb
