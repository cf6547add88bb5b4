#pragma once

#include "mapping/record.hpp"
#include "mapping/result.hpp"
#include "proxy/http/exchange.hpp"

#include <span>
#include <string>
#include <string_view>

namespace pons::proxy::iid {

/// A study on the page, and the address that opens it in a viewer (empty: its series are shown as images).
struct shown_study {
    mapping::study_record const* study = nullptr;
    std::string viewer_address;
};

/// Pons's own display: whose studies these are, each with date, modalities, description and its series as rendered
/// images (`images_base` is the DICOMweb base, absolute or below this server). What may be missing (`remarks`) stands
/// at the top. No script, no foreign content, nothing kept by caches.
http::response display_page(std::span<shown_study const> studies, std::span<issue const> remarks,
                            std::string_view images_base);

/// A page for a request that cannot be met: our own words, no value of the request.
http::response refusal_page(http::status status, std::string_view text);

/// `text` for HTML, attributes included.
std::string escaped(std::string_view text);

}  // namespace pons::proxy::iid
