#pragma once

#include "config/settings.hpp"
#include "upstream/archive.hpp"
#include "upstream/complete/metadata_cache.hpp"

#include <optional>
#include <string>
#include <unordered_set>

namespace pons::upstream {

/// Answers a request for metadata from what is kept, if `archive` lists now, without contradicting itself, exactly
/// instances that are; else nothing went to `rows` and the result is empty. The archive is not asked when nothing of it
/// is kept.
///
/// Errors: errc::cancelled. An archive that cannot be asked has no say: the retrieve that follows will tell.
awaitable<result<std::optional<found>>> answer_kept(metadata_cache& kept, archive& of, config::source const& source,
                                                    retrieve_request const& request, row_sink& rows,
                                                    time_point deadline);

/// Rows for `to`, of which a copy is gathered to be kept.
class keeping_rows final : public row_sink {
public:
    /// All outlive it.
    keeping_rows(metadata_cache& kept, retrieve_request const& request, row_sink& to) : all_(kept, request), to_(to) {}

    void row(mapping::data_set&& one) override
    {
        all_.add(one);
        to_.row(std::move(one));
    }
    /// They were all, those of `instances`.
    void keep(std::unordered_set<std::string> const& instances) { all_.keep(instances); }

private:
    metadata_cache::gathering all_;
    row_sink& to_;
};

}  // namespace pons::upstream
