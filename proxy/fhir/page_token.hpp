#pragma once

#include "mapping/result.hpp"
#include "upstream/search/order.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace pons::proxy::fhir {

/// Where the next page begins: the search as it was understood, and the last study shown.
struct page_position {
    std::string resource = "ImagingStudy";  ///< what is searched for: a token is good for nothing else
    std::string query;  ///< percent-encoded, as in the self link, without what only shapes the writing
    upstream::position last;
    std::int64_t now = 0;  ///< when the first page was asked for: what `ap` is measured from
    /// Sources that were missing on a page before: what they hold may not have been shown.
    std::vector<std::string> missed{};

    friend bool operator==(page_position const&, page_position const&) = default;
};

/// Seals page positions into opaque tokens (AES-256-GCM, base64url): nobody can read the search in a link, or change
/// it. Every replica with the same key opens them, before and after a restart. Immutable, shared by all workers.
class page_sealer {
public:
    /// `key` is any text, stretched by SHA-256; empty: a random one, and tokens end with the process.
    explicit page_sealer(std::string_view key);

    std::string seal(page_position const& position) const;
    /// Errors: mapping::errc::expired_page for everything that `seal` with this key did not make.
    result<page_position> open(std::string_view token) const;

private:
    std::array<unsigned char, 32> key_{};
};

}  // namespace pons::proxy::fhir
