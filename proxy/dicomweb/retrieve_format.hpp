#pragma once

#include "mapping/result.hpp"
#include "proxy/http/exchange.hpp"

#include <string>
#include <string_view>
#include <vector>

/// In which form instances are wanted (PS3.18 §8.7.3, §8.7.6, §10.4.1.1.2).
namespace pons::proxy::dicomweb {

struct retrieve_format {
    bool single_part = false;           ///< the bare file instead of a multipart body
    bool as_stored = false;             ///< whatever the transfer syntax is
    std::vector<std::string> syntaxes;  ///< else one of these

    friend bool operator==(retrieve_format const&, retrieve_format const&) = default;
};

/// Reads Accept, or the `accept` parameter in its stead. Nothing, `*/*` and a bare multipart/related: as stored.
/// application/dicom without transfer-syntax is Explicit VR Little Endian. Single part only where `one_instance`.
/// Several members: the form with the highest q, and every transfer syntax named with it.
///
/// Accepted beyond the standard: `type` without its quotes, and the transfer syntax inside them.
/// Errors: mapping::errc::not_acceptable.
result<retrieve_format> negotiate_retrieve(http::request const& req, bool one_instance);

/// Whether an instance stored in `transfer_syntax_uid` may be sent as it is.
bool takes(retrieve_format const& format, std::string_view transfer_syntax_uid);

/// What is said of one that may not, and cannot be transcoded: mapping::errc::not_acceptable.
failure refused_syntax(std::string_view transfer_syntax_uid);

}  // namespace pons::proxy::dicomweb
