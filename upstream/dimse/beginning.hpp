#pragma once

#include "upstream/dimse/wire/association.hpp"
#include "upstream/instance_uids.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace pons::upstream::dimse {

/// What had to be read of a data set to see whose it is.
struct beginning {
    static constexpr std::size_t longest = 64 * 1024;

    std::vector<std::byte> bytes;
    bool whole = false;  ///< nothing follows
    instance_uids of;    ///< as far as they are there
};

/// Reads a data set until that is known, or cannot be known; `next` gives each fragment as a `result`. What was in
/// `into` goes. Errors: those of `next`; errc::malformed for a command in its place.
template <class Next>
result<void> read_beginning(Next const& next, std::string_view transfer_syntax_uid, beginning& into)
{
    into.bytes.clear();
    into.whole = false;
    into.of = {};
    for (std::size_t looked_at = 0;;) {
        result<fragment> const piece = next();
        if (!piece)
            return tl::unexpected(piece.error());
        if (piece->command)
            return fail(errc::malformed, "data set");
        into.bytes.insert(into.bytes.end(), piece->bytes.begin(), piece->bytes.end());
        into.whole = piece->last;
        auto const enough = into.whole || into.bytes.size() >= beginning::longest;
        if (!enough && into.bytes.size() < 2 * looked_at)
            continue;
        looked_at = into.bytes.size();
        if (peek_instance_uids(into.bytes, transfer_syntax_uid, into.whole, into.of) != peeked::more || enough)
            return {};
    }
}

}  // namespace pons::upstream::dimse
