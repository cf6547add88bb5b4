#pragma once

#include "mapping/record.hpp"
#include "upstream/search/order.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

/// One page of studies that several sources hold (DESIGN section 6, decision 0017). Pure. A source's rank is its place
/// in `federation.order`.
namespace pons::proxy::fhir {

/// A study of the page.
struct placed {
    upstream::position at;        ///< the first place in the order that one of its matching records has
    mapping::study_record study;  ///< of the first source whose record matches
    std::size_t rank = 0;         ///< of that source
    /// What other sources have under the same UID, with their ranks.
    std::vector<std::pair<std::size_t, mapping::study_record>> doubles;

    /// Whether it is known what the source of this rank has under the UID.
    bool knows(std::size_t rank_of_source) const;
};

class merged_page {
public:
    explicit merged_page(upstream::order order) : order_(std::move(order)) {}

    /// Takes what matches at a source: each UID once. Sources come by rank. Gives how many were there before.
    std::size_t take(std::size_t rank, std::vector<mapping::study_record>&& matching);

    /// Puts what was taken into order, and leaves the first `count` behind `after`. Gives whether there are others.
    bool cut(std::optional<upstream::position> const& after, std::size_t count);

    /// Takes what a source holds under the UID of a study of the page. Where its record `matches`, and the source comes
    /// before the one whose record is shown, it is shown instead. Other UIDs are passed over.
    void take_held(std::size_t rank, mapping::study_record&& held, bool matches);

    /// Takes a study off the page; gives the source that it was of, when it was there.
    std::optional<std::size_t> drop(std::string_view uid);

    /// Whether one Patient ID (0010,0020) is told with two issuers (0010,0021): at one source, or, unless `each` issues
    /// its own, at all of them together.
    bool has_two_issuers(bool each) const;

    /// How many of the page's studies each of this many sources shows, by rank.
    std::vector<std::size_t> studies_by_rank(std::size_t sources) const;

    /// How many instances are known of `count` studies of the page, from the one of this number on.
    std::size_t instances(std::size_t from, std::size_t count) const;

    /// Ends the page after the study of this number.
    void end_after(std::size_t number) { studies_.resize(std::min(number, studies_.size())); }

    using same_patient = std::function<bool(mapping::study_record const&, mapping::study_record const&)>;
    /// Makes holders of the sources that have a double, by rank, as far as the records of all holders are of one
    /// patient, each with each; gives what is to be told of others.
    std::vector<std::string> add_holders(same_patient const& is_same);

    std::vector<placed>& studies() { return studies_; }
    std::vector<placed> const& studies() const { return studies_; }

private:
    upstream::order order_;
    std::vector<placed> studies_;
    std::unordered_map<std::string, std::size_t> by_uid_;  // while it is not cut
};

}  // namespace pons::proxy::fhir
