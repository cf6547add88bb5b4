#pragma once

#include "proxy/dicomweb/service.hpp"
#include "upstream/archive.hpp"
#include "upstream/search/deepen.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace pons::proxy::dicomweb {

/// Instances of a study or a series that may stand for it in a picture, one after the other: of each series that has
/// some which may be images, in the order of series, the one in the middle and then the first. Series of modalities
/// without images come last: secondary captures have the Modality of what they were captured of. They are found by
/// SERIES and IMAGE search, a series at a time and only as far as they are asked for, and retrieved by nobody here.
class picture_candidates {
public:
    /// Series that are looked into, and instances that are given.
    static constexpr std::size_t most_series = 20;
    static constexpr std::size_t most_instances = 6;

    /// `what` names a study, or a series of it. All that is referred to outlives it.
    picture_candidates(service const& s, upstream::searched_source& from, upstream::retrieve_request const& what,
                       time_point deadline);

    /// The next one; nothing when there is no other.
    ///
    /// Errors: upstream errc of the search; and where there is not a first one: upstream::errc::not_found when the
    /// archive lists nothing, render::errc::no_pixel_data when nothing of what it lists has images, upstream::errc::
    /// incomplete when it is not certain that this was all.
    /// Cancelling: terminal.
    awaitable<result<std::optional<upstream::retrieve_request>>> next();

private:
    awaitable<result<void>> list_series();
    awaitable<result<void>> ask(mapping::study_record& study, mapping::level depth);
    awaitable<result<void>> look_into(mapping::series_record series);

    upstream::searched_source& source_;
    upstream::retrieve_request const& what_;
    time_point deadline_;
    upstream::fan_out_budget budget_;
    bool listed_ = false;
    bool anything_ = false;                          // is there
    bool unseen_ = false;                            // something may be there that was not listed
    std::vector<mapping::series_record> series_;     // that were not looked into yet, the next one last
    std::vector<upstream::retrieve_request> found_;  // of the series that was, the next one last
    std::size_t looked_into_ = 0;
    std::size_t given_ = 0;
};

}  // namespace pons::proxy::dicomweb
