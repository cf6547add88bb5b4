#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What a client would like: Accept, Accept-Encoding (RFC 9110 §12.5) and Prefer (RFC 7240). Pure and lenient: a member
/// that cannot be read is passed over, since an answer in the default form serves better than a refusal.
namespace pons::proxy::http {

struct media_range {
    std::string type;     ///< lower case, or "*"
    std::string subtype;  ///< lower case, or "*"
    std::vector<std::pair<std::string, std::string>>
        parameters;  ///< names in lower case; without q and what follows it
    int q = 1000;    ///< in thousandths

    friend bool operator==(media_range const&, media_range const&) = default;
};

/// The ranges of an Accept header in its order, at most 64. A bare "*" is "*/*", as old Java clients send it; a q that
/// cannot be read, or is above 1, counts as 1.
std::vector<media_range> parse_accept(std::string_view header);

/// What the most specific range that covers `media_type` ("application/fhir+json; fhirVersion=4.0") says, in
/// thousandths; 0 when none does. No ranges at all accept everything. A range without a parameter covers every value
/// of it; charset=utf-8 is covered by every media type, since that is all we write.
int quality(std::vector<media_range> const& ranges, std::string_view media_type);

/// The index of the offer with the highest quality, the earlier one when equal; nothing when none is acceptable.
std::optional<std::size_t> choose(std::vector<media_range> const& ranges, std::span<std::string_view const> offers);

/// Whether an Accept-Encoding header asks for gzip at least as much as for no coding. Without the header: no.
bool accepts_gzip(std::string_view accept_encoding);

/// The value of the preference `name` ("handling") in a Prefer header, unquoted, empty when it stands alone; the first
/// counts. Nothing when it is not there.
std::optional<std::string> preference(std::string_view prefer, std::string_view name);

}  // namespace pons::proxy::http
