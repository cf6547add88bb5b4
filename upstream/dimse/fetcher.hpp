#pragma once

#include "config/settings.hpp"
#include "upstream/archive.hpp"
#include "upstream/dimse/contents.hpp"
#include "upstream/dimse/delivery.hpp"
#include "upstream/dimse/mover.hpp"

#include <memory>
#include <optional>
#include <string>

namespace pons::upstream::dimse {

class association_pool;

/// Instances, frames and metadata of one archive by C-GET and C-MOVE, for the coroutines of one worker.
///
/// Errors, deadlines and cancelling: as `make_dimse_archive` says of `retrieve`.
class fetcher {
public:
    /// `source` and `catalogue` outlive it; `catalogue` is the archive that is asked what it holds (`look_into`),
    /// `pool` is that source's. Without `moves` there is no C-MOVE.
    fetcher(config::source const& source, std::shared_ptr<association_pool> pool, std::shared_ptr<move_registry> moves,
            archive& catalogue);

    /// By the ways of `retrieve:`, until one serves. Frames come without the others where the archive knows how
    /// (PS3.4 Annex Y), else with the whole instance.
    awaitable<result<retrieved>> retrieve(retrieve_request const& asked, part_sink& parts, time_point deadline);

    /// Without bulk data (PS3.4 Annex Z). Errors also: unsupported, where the archive does not know it or has shown
    /// that it fails at it, and nothing has come.
    awaitable<result<found>> retrieve_metadata(retrieve_request const& request, row_sink& rows, time_point deadline);

private:
    failure failed(errc code, std::string const& what = {}) const { return {code, "source " + source_.name + what}; }
    bool takes_part(config::retrieve_method way) const;
    /// Frames of an instance, without the others. Nothing: they are to be had with the whole instance only.
    awaitable<std::optional<result<retrieved>>> retrieve_frames(retrieve_request const& request, contents const& known,
                                                                part_sink& parts, time_point deadline);
    awaitable<delivery::ending> retrieve_by(config::retrieve_method way, retrieve_request const& request,
                                            contents const& known, part_sink& parts, time_point deadline);

    config::source const& source_;
    std::shared_ptr<association_pool> const pool_;
    mover mover_;
    archive& catalogue_;
};

}  // namespace pons::upstream::dimse
