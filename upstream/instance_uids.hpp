#pragma once

#include "upstream/archive.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace pons::upstream {

/// To whom an instance belongs. Empty: not there.
struct instance_uids {
    std::string study;   ///< Study Instance UID (0020,000D)
    std::string series;  ///< Series Instance UID (0020,000E)

    friend bool operator==(instance_uids const&, instance_uids const&) = default;
};

enum class peeked {
    more,        ///< they stand further on
    found,       ///< as far as they are there
    unreadable,  ///< not the transfer syntax that was said
};

/// Looks for them at the beginning of a data set, of which `beginning` has come; it ends there when `whole`. Elements
/// are in ascending order (PS3.5 §7.1), so they are known once a greater tag is met. Sequences are stepped over without
/// recursion, at most 32 deep. Of a deflated data set (PS3.5 §A.5) a window is looked at.
peeked peek_instance_uids(std::span<std::byte const> beginning, std::string_view transfer_syntax_uid, bool whole,
                          instance_uids& into);

/// How many bytes of such a beginning are the elements up to `last`, with a greater tag behind them: a data set of its
/// own. Of a deflated one: unreadable.
peeked measure_up_to(mapping::tag last, std::span<std::byte const> beginning, std::string_view transfer_syntax_uid,
                     std::size_t& bytes);

/// Whether an instance may be what was asked for: its UIDs, as far as it has them, are not those of another study or
/// series. Some archives send what belongs to others, which must never get into an answer.
bool was_asked_for(retrieve_request const& asked, instance_uids const& of);

}  // namespace pons::upstream
