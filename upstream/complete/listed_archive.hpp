#pragma once

#include "upstream/complete/census.hpp"

#include <memory>
#include <utility>

namespace pons::upstream {

/// An archive that compares what came with what there is, and can be told what was there a moment ago.
struct comparing_archive : archive {
    /// `retrieve` of what `listed` is a census of: where a fresh count confirms that, it is not taken again. It decides
    /// nothing else, and where it is not confirmed it is as if there were none.
    virtual awaitable<result<retrieved>> retrieve_listed(retrieve_request const& request,
                                                         std::shared_ptr<census const> listed, part_sink& parts,
                                                         time_point deadline) = 0;
};

/// `of`, for one retrieve of what `listed` is a census of. Where `of` compares nothing, or `listed` is null, it is as
/// `of` itself. `of` outlives it.
class listed_archive final : public archive {
public:
    listed_archive(archive& of, std::shared_ptr<census const> listed) : of_(of), listed_(std::move(listed)) {}

    awaitable<result<found>> find(find_request const& request, row_sink& rows, time_point deadline) override
    {
        return of_.find(request, rows, deadline);
    }
    awaitable<result<retrieved>> retrieve(retrieve_request const& request, part_sink& parts,
                                          time_point deadline) override
    {
        if (auto* const comparing = dynamic_cast<comparing_archive*>(&of_); comparing && listed_)
            return comparing->retrieve_listed(request, listed_, parts, deadline);
        return of_.retrieve(request, parts, deadline);
    }
    awaitable<result<void>> verify(time_point deadline) override { return of_.verify(deadline); }

private:
    archive& of_;
    std::shared_ptr<census const> const listed_;
};

}  // namespace pons::upstream
