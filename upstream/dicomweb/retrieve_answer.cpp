#include "upstream/dicomweb/retrieve_answer.hpp"

#include "upstream/archive.hpp"
#include "upstream/dicomweb/status.hpp"
#include "upstream/errc.hpp"

#include <algorithm>

namespace pons::upstream::dicomweb {

namespace {

/// Without progress for so long, a transfer is given up (DESIGN section 3).
constexpr std::chrono::milliseconds stall_budget = std::chrono::seconds(20);

}  // namespace

bool is_about_accept(unsigned status)
{
    return status == 400 || status == 406 || status == 415;
}

std::optional<failure> failure_of_retrieve(std::string const& source_name, http_head const& head)
{
    auto const where = place_of_status(source_name, head.status);
    switch (head.status) {
        case 204:
        case 404:
        case 410:
            return failure{make_error_code(errc::not_found), where};
        case 202: {
            auto const wait = head.retry_after.count() != 0 ? head.retry_after : while_it_is_fetched;
            return failure{make_error_code(errc::not_yet), where, wait};
        }
        default:
            return failure_of_status(source_name, head);
    }
}

time_point transfer_times::next(bool begun) const
{
    return begun ? std::min(total, clock::now() + stall) : std::min(total, deadline);
}

transfer_times make_transfer_times(config::source const& source, time_point deadline)
{
    std::chrono::milliseconds const pause = source.timeouts.between_responses;
    return {deadline, clock::now() + source.timeouts.transfer, std::min(stall_budget, pause)};
}

}  // namespace pons::upstream::dicomweb
