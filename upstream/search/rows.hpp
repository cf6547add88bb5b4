#pragma once

#include "upstream/archive.hpp"

#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace pons::upstream {

/// Keeps the rows of finds, each once: archives repeat rows, and several queries may find the same. The same UID in two
/// studies is two rows.
///
/// Of a study that is told twice the first row counts, with the modalities of both (pacs-quirks F20). Of a series, a
/// count of no instances is left out, as one that is not told: there is no such series (F3).
class unique_rows final : public row_sink {
public:
    /// `by` is the unique key of the level asked, `purpose` a literal.
    explicit unique_rows(mapping::tag by, std::string_view purpose = {}) : by_(by), purpose_(purpose) {}

    std::string_view purpose() const override { return purpose_; }
    std::uint32_t repeated() const { return received - unusable - static_cast<std::uint32_t>(rows.size()); }
    /// Studies that were told twice, with different values.
    std::uint32_t differing() const { return static_cast<std::uint32_t>(differing_.size()); }

    void row(mapping::data_set&& row) override;

    std::vector<mapping::data_set> rows;
    std::uint32_t received = 0;
    std::uint32_t unusable = 0;  ///< without a UID: told, never silently dropped

private:
    mapping::tag by_;
    std::string_view purpose_;
    std::unordered_map<std::string, std::size_t> seen_;  // the place in `rows`
    std::unordered_set<std::size_t> differing_;
};

/// Takes the counts of a study away that say none. For a study that has series: the archive does not count (F3).
void drop_counts_of_none(mapping::data_set& study);

/// Whether a series' row says that it has no instances: its archive does not count (F3).
bool counts_none(mapping::data_set const& series);

/// `to` with the modalities of both rows of one study. Whether `other` had more.
bool join_modalities(mapping::data_set& to, mapping::data_set const& other);

/// What series tell of a study: where its row leaves them out, they are counted.
inline constexpr std::array told_of_series{mapping::tags::ModalitiesInStudy, mapping::tags::NumberOfStudyRelatedSeries,
                                           mapping::tags::NumberOfStudyRelatedInstances};

/// Whether a study's row leaves `t`, one of `told_of_series`, to its series.
bool leaves_to_series(mapping::data_set const& study, mapping::tag t);

/// Whether a study's row leaves something of modalities and counts to its series; a count of none is to be looked at.
bool leaves_to_series(mapping::data_set const& study);

/// What two rows of a study should agree on, as one number: not what says how much there is of it, or where, which may
/// change while an archive is asked.
std::size_t print_of_study(mapping::data_set const& row);

}  // namespace pons::upstream
