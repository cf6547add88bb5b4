#pragma once

#include "mapping/result.hpp"
#include "mapping/storage_commitment.hpp"
#include "upstream/asio.hpp"

#include <vector>

namespace pons::upstream {

/// An archive that commits itself to keep instances (PS3.4 Annex J).
struct committing {
    virtual ~committing() = default;

    /// What it says of each of `instances`, in their order: what has no reason is kept. Errors: any errc; nothing is
    /// known of any of them then. Cancelling: terminal.
    virtual awaitable<result<std::vector<mapping::sop_reference>>> commit(std::vector<mapping::sop_reference> instances,
                                                                          time_point deadline) = 0;
};

}  // namespace pons::upstream
