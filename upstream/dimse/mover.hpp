#pragma once

#include "config/settings.hpp"
#include "upstream/dimse/contents.hpp"
#include "upstream/dimse/delivery.hpp"
#include "upstream/dimse/move_registry.hpp"

#include <memory>
#include <string>

namespace pons::upstream::dimse {

class association_pool;

/// C-MOVEs of one archive to ourselves (`move.hpp`), for the coroutines of one worker.
class mover {
public:
    /// `source` outlives it, and `pool` is that source's. Without `moves` there is no C-MOVE.
    mover(config::source const& source, std::shared_ptr<association_pool> pool, std::shared_ptr<move_registry> moves);

    /// One C-MOVE, or a few one after the other where the archive leaves the transfer syntax to us and brings nothing
    /// by the one that was taken (`move_attempts.hpp`). `known`: what the archive says that it holds of `request`.
    /// Where it does not tell its C-MOVEs apart, one of a study waits for the next.
    ///
    /// Errors, deadline and cancelling as `deliver` and `move_errand`; unsupported, `another_way`, without `moves`.
    awaitable<delivery::ending> retrieve(retrieve_request const& request, contents const& known, part_sink& parts,
                                         time_point deadline);

private:
    struct moved_once {
        delivery::ending ended;
        waiting_move::negotiated associations;
    };
    awaitable<moved_once> move_in(std::string const& transfer_syntax, retrieve_request const& request,
                                  contents const& known, part_sink& parts, time_point deadline);

    config::source const& source_;
    std::shared_ptr<association_pool> const pool_;
    std::shared_ptr<move_registry> const moves_;
};

}  // namespace pons::upstream::dimse
