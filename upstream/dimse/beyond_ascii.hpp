#pragma once

#include "config/settings.hpp"
#include "mapping/find_request.hpp"

#include <optional>
#include <string>

/// The character-set ladder of queries: archives that keep names and identifiers in another character set than they are
/// asked in, or that only know ASCII, find nothing by letters beyond it, and say Success (pacs-quirks V5, V6).
namespace pons::upstream::dimse {

/// Whether a matching key that goes out for `request` holds a character beyond ASCII.
bool is_beyond_ascii(mapping::find_request const& request);

/// How a query is asked once more whose keys beyond ASCII found nothing.
struct rung {
    mapping::find_request request;
    /// Specific Character Set (0008,0005) of the keys; empty: that of the source.
    std::string charset;
    /// What this does not find either, the archive does not hold.
    bool certain = false;
};

/// With "*" for what is beyond ASCII, which finds more, so that the rows are to be judged; with "?" for each character
/// where too little would be left of a value. Without wild cards the same in another character set. Nothing where only
/// wild cards would be left of a value, or it has no other form.
std::optional<rung> next_rung(mapping::find_request const& request, config::quirks const& quirks);

}  // namespace pons::upstream::dimse
