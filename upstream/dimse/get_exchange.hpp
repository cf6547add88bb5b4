#pragma once

#include "mapping/data_set.hpp"
#include "upstream/archive.hpp"
#include "upstream/dimse/beginning.hpp"
#include "upstream/dimse/conversation.hpp"
#include "upstream/dimse/delivery.hpp"
#include "upstream/dimse/errand.hpp"
#include "upstream/dimse/wire/association.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace pons::upstream::dimse {

/// What the sub-operations of several C-GETs have come to.
struct get_tally {
    std::uint32_t completed = 0;  ///< as counted by the archive
    std::uint32_t failed = 0;     ///< by the archive or by us
    bool began = false;           ///< an instance has been handed on, or a part of one
    time_point until;             ///< for the first instance, then for the whole
};

/// In what state a C-GET that failed has left the archive: to be given up, at work on it (C-CANCEL may end it), or at
/// its end.
enum class get_leaves { broken, running, ended };

/// What to do after a C-GET that has brought nothing.
enum class get_hope { none, another_way, another_attempt };

struct get_failure {
    failure why;
    get_leaves it = get_leaves::broken;
    get_hope left = get_hope::none;
};

using get_outcome = tl::expected<void, get_failure>;

/// One C-GET on its association (PS3.7 §9.1.3), whose sub-operations come on the same one. Everything here blocks the
/// calling thread.
///
/// Instances go to `to` as they come; each is answered when it has been handed on (Success), or refused: A700 where it
/// is none of those asked for or `to` fails, C000 and 0122 where it cannot be labelled. Counts and the deadline of the
/// whole are in `sum`, which the C-GETs of a retrieve share: with the first instance `timeouts.transfer` begins. Waits:
/// `timeouts.first_response`, then `timeouts.between_responses`, both within `sum.until`.
class get_exchange {
public:
    get_exchange(association& over, workbench const& at, delivery& to, get_tally& sum)
        : over_(over), at_(at), to_(to), sum_(sum), talk_(over, at.source, sum.until, at.by)
    {
    }

    /// `in`: the context of `over` for it. Whatever comes must be of `what`.
    ///
    /// Success also when sub-operations failed, which `sum` tells. Errors: cancelled (`at.by`, or `to` takes no more),
    /// not_found (success without a sub-operation), too_broad, refused (other statuses), aborted, malformed, timed_out,
    /// what `to` says.
    get_outcome run(presentation_context const& in, retrieve_request const& what, mapping::data_set const& identifier);
    /// After `get_leaves::running`: C-CANCEL, and A700 for what still comes. True when the final response came within
    /// `drain_time`, so that the association may be released.
    bool cancel(presentation_context const& in);

private:
    get_outcome take(message const& rq);
    get_outcome take_data_set(message const& rq, part_head const& head);
    get_outcome refuse(message const& rq, std::uint16_t status, bool rest);
    get_outcome final(command_set const& rsp);
    result<bool> skip_data_set(std::uint8_t context, patience const& how_long);
    result<void> answer(message const& rq, std::uint16_t status, patience const& how_long);
    patience write_patience() const;
    failure refused(command_set const& rsp) const;
    tl::unexpected<get_failure> broken(failure why, get_leaves it = get_leaves::broken) const
    {
        return tl::unexpected(get_failure{talk_.placed(std::move(why)), it});
    }

    association& over_;
    workbench const& at_;
    delivery& to_;
    get_tally& sum_;
    conversation talk_;
    std::vector<std::byte> scratch_;
    std::optional<message> unread_;  // still to be answered
    bool unread_rest_ = false;       // and more of its data set is still to come
    beginning beginning_;
    retrieve_request const* asked_ = nullptr;
    bool sub_operations_ = false;
};

}  // namespace pons::upstream::dimse
