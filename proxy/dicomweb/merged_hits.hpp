#pragma once

#include "proxy/dicomweb/list.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// What several sources found for the DICOMweb face, as one list (DESIGN section 6, decision 0017). Pure. A source's
/// rank is its place in `federation.order`.
namespace pons::proxy::dicomweb {

/// Holders whose patients differ, each held against each, are not one: the first of them is shown, and the others are
/// told. Used in this order: `take` for each source, `put_in_order`, `cut`; of studies then `take_held` and
/// `join_holders`.
class merged_hits {
public:
    explicit merged_hits(mapping::level at) : at_(at) {}

    void take(std::size_t rank, std::vector<hit>&& hits);

    /// Each once, at the first place that a source gives it, as the first of its sources has it. Below STUDY, series
    /// and instances of a study whose patient is another one than that of a source before are left out. Gives what is
    /// to be told of that.
    std::vector<std::string> put_in_order();

    /// Leaves `count` behind the first `offset`; gives how many come after them.
    std::size_t cut(std::size_t offset, std::size_t count);

    /// The UIDs of the studies of the list of which it is not known whether the source of this rank holds them.
    std::vector<std::string> unknown_to(std::size_t rank) const;

    /// Takes what a source holds under the UID of a study of the list; where its record `matches`, and it comes before
    /// the one whose record is shown, it is shown instead.
    void take_held(std::size_t rank, mapping::study_record&& held, bool matches);

    /// What the source of this rank has of the studies of the list.
    std::vector<mapping::study_record*> records_of(std::size_t rank) const;

    /// Modalities of all holders, and the larger of their counts, for what is shown. Gives what is to be told.
    std::vector<std::string> join_holders();

    std::size_t size() const { return list_.size(); }
    std::vector<hit> const& list() const& { return list_; }
    std::vector<hit> list() && { return std::move(list_); }

private:
    using study = std::shared_ptr<mapping::study_record>;

    std::vector<std::string> leave_out_other_patients();

    mapping::level at_;
    std::vector<std::pair<std::size_t, hit>> all_;
    std::vector<hit> list_;
    // Of studies: who has them, by rank, the one that is shown included.
    std::map<std::string, std::map<std::size_t, study>, std::less<>> holders_;
};

}  // namespace pons::proxy::dicomweb
