#pragma once

#include "mapping/record.hpp"
#include "mapping/search/criteria.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pons::upstream {

/// Where a study stands in a sorted answer; what a page token remembers.
struct position {
    std::optional<std::int64_t> started;  ///< the instant at which `started` begins, microseconds since 1970
    std::string uid;

    friend bool operator==(position const&, position const&) = default;
};

position position_of(mapping::study_record const& study);

/// A total order of studies: by the keys asked for, then by UID. A study without `started` comes last either way.
class order {
public:
    /// `started` descending, the default (DESIGN section 4).
    order() : order(std::span<mapping::search::sort_key const>()) {}
    /// No keys: the default.
    explicit order(std::span<mapping::search::sort_key const> keys);

    bool before(position const& a, position const& b) const;
    /// Newest first by `started` alone: pages can be had by walking back in time.
    bool walks_back() const;

private:
    std::vector<mapping::search::sort_key> keys_;
};

}  // namespace pons::upstream
