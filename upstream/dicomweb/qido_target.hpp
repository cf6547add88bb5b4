#pragma once

#include "config/settings.hpp"
#include "mapping/find_request.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace pons::upstream::dicomweb {

/// A part of the matches (PS3.18 §8.3.4.4).
struct page {
    std::uint32_t limit = 0;   ///< 0: not sent
    std::uint32_t offset = 0;  ///< 0: not sent
};

/// How a request is written, for one server or another.
struct query_form {
    /// strict leaves what RFC 3986 §3.4 lets stand in a query, but for what has a meaning there (& = + ; and the
    /// comma), and encodes the rest; minimal also leaves what does no harm (^, a comma, a backslash, letters beyond
    /// ASCII), for servers that do not decode, and, where `wildcards` work, puts wild cards for what it would have to
    /// encode in a text attribute. Neither lets a value end its parameter.
    config::query_encoding encoding = config::query_encoding::strict;
    bool wildcards = true;
    bool repeat_fields = false;  ///< each field has an `includefield` of its own, instead of one list with commas
};

/// The request target of a QIDO-RS search (PS3.18 §10.6), path and query, as it goes over the wire.
///
/// Hierarchical resources where the UIDs above are known, else relational ones: `/studies/{study}/series`, but
/// `/series?StudyInstanceUID=a,b`; `/studies/{study}/instances`; `/instances`. Keys by keyword, each once, those
/// without value only in `includefield`, which lists exactly what is asked for. `emptyvaluematching` is sent when a
/// value is `""`.
std::string qido_target(std::string_view base_path, query_form form, mapping::find_request const& request, page part);

/// The same for the base and the quirks of a source.
std::string qido_target(config::source const& source, mapping::find_request const& request, page part);

/// Whether wild cards act on that attribute (PS3.4 §C.2.2.2.4).
bool takes_wild_cards(mapping::tag t);

/// How a server that does not decode values could be asked for `request`, whose strict form found nothing.
enum class other_form {
    same,     ///< nothing had to be encoded: it was understood
    minimal,  ///< with wild cards for what was encoded
    none      ///< nothing but wild cards would be left of a value, or something that has to be encoded
};
other_form find_other_form(mapping::find_request const& request, bool wildcards);

/// Whether a server has to decode that value, strictly written, to understand it. A space or a comma alone does not
/// tell: every server decodes those.
bool has_marks(std::string_view value);

/// Whether a wild card stands for something in the minimal form of `request`.
bool has_stand_ins(mapping::find_request const& request);

/// One value of a query, encoded.
std::string encode_query_value(std::string_view value, config::query_encoding encoding);

}  // namespace pons::upstream::dicomweb
