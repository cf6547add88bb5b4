#pragma once

#include "mapping/record.hpp"
#include "mapping/search/criteria.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace pons::mapping::search {

enum class verdict : std::uint8_t {
    no,
    yes,
    open  ///< the record is not known deep enough to say
};

/// Whether the record's patient goes by one of `ids` at the source that the record is from.
bool is_one_of(study_record const& record, std::span<issued_id const> ids);

/// The criteria of one request, prepared once and held against many records. A pure function of record and criteria:
/// `yes` and `no` are final, whatever else of the record becomes known (DESIGN law 2).
class judge {
public:
    explicit judge(std::span<criterion const> criteria);
    ~judge();
    judge(judge&&) noexcept;

    /// All criteria. `open` only where a deeper level, or what a partial record lacks, could change it: no criterion
    /// says no, and one cannot be judged. So it is of a criterion that one of `untold` decides: study attributes that
    /// the row lacks although every study has them (an empty one says that there is no value; a missing one says
    /// nothing). A patient's number without its issuer is open where issuers are told apart.
    verdict of(study_record const& record, std::span<tag const> untold = {}) const;

    /// Of a record that `of` says no to: the attributes that decide, and that what was told of it does not have at all.
    /// It may match if one of each group has a value. Nothing: a criterion says no whatever they are. What has a value
    /// for when it is not told is in none: issuers, and the zone of times.
    std::vector<std::vector<tag>> lacking(study_record const& record, std::span<tag const> untold = {}) const;

    /// All attributes that `lacking` may name, ascending.
    std::vector<tag> deciding() const;

    /// How deep a record must be known so that `of` never says open, unless it is partial.
    level depth() const;

private:
    struct prepared;
    std::vector<prepared> criteria_;
};

}  // namespace pons::mapping::search
