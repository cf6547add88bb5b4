#pragma once

#include "upstream/dimse/wire/associate_answer.hpp"
#include "upstream/dimse/wire/association.hpp"

#include <cstddef>
#include <utility>
#include <vector>

/// Commands and data sets, put together of the pieces of their PDVs (PS3.8 §9.3.5.1), for either side of an
/// association.
///
/// `next` gives each piece as `result<fragment>`. `refuse` gives the `tl::unexpected<failure>` of what no association
/// can go on with, from the reason for which an acceptor aborts it (PS3.8 §9.3.8) and the failure.
namespace pons::upstream::dimse {

/// A whole command. `bytes` hold what has come of it, and go on from there after an error of `next`; they are empty
/// after a command.
///
/// Errors: those of `next`; by way of `refuse`: malformed (a data set in its place, or as command_set::decode),
/// too_large (beyond command_set::size_limit).
template <class Next, class Refuse>
result<message> gather_command(std::vector<std::byte>& bytes, Next const& next, Refuse const& refuse)
{
    for (;;) {
        result<fragment> const piece = next();
        if (!piece)
            return tl::unexpected(piece.error());
        if (!piece->command)
            return refuse(abort_reason::unexpected_pdu, {errc::malformed, "command set"});
        if (bytes.size() + piece->bytes.size() > command_set::size_limit)
            return refuse(abort_reason::invalid_value, {errc::too_large, "command set"});
        bytes.insert(bytes.end(), piece->bytes.begin(), piece->bytes.end());
        if (!piece->last)
            continue;
        auto decoded = command_set::decode(bytes);
        bytes.clear();
        if (!decoded)
            return refuse(abort_reason::invalid_value, std::move(decoded.error()));
        return message{piece->context, std::move(*decoded)};
    }
}

/// A whole data set, into `bytes`, which are emptied first. Beyond `limit` the rest is read and dropped, and the result
/// is false: the association stays in step.
///
/// Errors: those of `next`; by way of `refuse`: malformed (a command in its place).
template <class Next, class Refuse>
result<bool> gather_data_set(std::vector<std::byte>& bytes, std::size_t limit, Next const& next, Refuse const& refuse)
{
    bytes.clear();
    bool fits = true;
    for (;;) {
        result<fragment> const piece = next();
        if (!piece)
            return tl::unexpected(piece.error());
        if (piece->command)
            return refuse(abort_reason::unexpected_pdu, {errc::malformed, "data set"});
        fits = fits && bytes.size() + piece->bytes.size() <= limit;
        if (fits)
            bytes.insert(bytes.end(), piece->bytes.begin(), piece->bytes.end());
        else
            bytes.clear();
        if (piece->last)
            return fits;
    }
}

}  // namespace pons::upstream::dimse
