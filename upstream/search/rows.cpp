#include "upstream/search/rows.hpp"

#include "mapping/codecs/integer.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <span>
#include <utility>

namespace pons::upstream {

namespace {

using mapping::data_set;
using mapping::tag;
namespace tags = mapping::tags;

/// Of a study that stays as it is.
bool stays(tag t)
{
    constexpr std::array changing{tags::SpecificCharacterSet,
                                  tags::InstanceAvailability,
                                  tags::RetrieveAETitle,
                                  tags::RetrieveURL,
                                  tags::ModalitiesInStudy,
                                  tags::SOPClassesInStudy,
                                  tags::NumberOfStudyRelatedSeries,
                                  tags::NumberOfStudyRelatedInstances};
    return std::ranges::find(changing, t) == changing.end();
}

/// What one of them does not tell is no difference.
bool disagree(data_set const& a, data_set const& b)
{
    bool differ = false;
    a.for_each([&](tag t, mapping::vr, bool is_sequence) {
        auto const count = a.count(t);
        if (is_sequence || !stays(t) || count == 0 || b.count(t) == 0)
            return;
        differ = differ || count != b.count(t);
        for (std::size_t i = 0; i < count; ++i)
            differ = differ || a.text(t, i) != b.text(t, i);
    });
    return differ;
}

/// What `to` lacks, as `from` has it, if it is `wanted`.
template <class Wanted>
void add_rest(data_set& to, data_set const& from, Wanted const& wanted)
{
    from.for_each([&](tag t, mapping::vr as, bool is_sequence) {
        if (!wanted(t))
            return;
        if (is_sequence) {
            if (auto* const items = to.add_sequence(t))
                items->assign(from.items(t).begin(), from.items(t).end());
        } else if (to.begin(t, as)) {
            for (std::size_t i = 0; i < from.count(t); ++i)
                to.value(from.text(t, i));
        }
    });
}

bool is_none(data_set const& row, tag count)
{
    return mapping::codecs::to_unsigned(row.text(count)) == 0U;
}

constexpr std::array series_counts{tags::NumberOfSeriesRelatedInstances};
constexpr std::array study_counts{tags::NumberOfStudyRelatedSeries, tags::NumberOfStudyRelatedInstances};

void drop_counts_of_none(data_set& row, std::span<tag const> counts)
{
    if (std::ranges::none_of(counts, [&](tag t) { return is_none(row, t); }))
        return;
    data_set told;
    add_rest(told, row, [&](tag t) { return std::ranges::find(counts, t) == counts.end() || !is_none(row, t); });
    row = std::move(told);
}

}  // namespace

void drop_counts_of_none(data_set& study)
{
    drop_counts_of_none(study, study_counts);
}

bool counts_none(data_set const& series)
{
    return std::ranges::any_of(series_counts, [&](tag t) { return is_none(series, t); });
}

bool join_modalities(data_set& to, data_set const& other)
{
    constexpr auto t = tags::ModalitiesInStudy;
    std::vector<std::string_view> all;
    auto const add = [&](data_set const& row) {
        auto const before = all.size();
        for (std::size_t i = 0; i < row.count(t); ++i)
            if (auto const one = row.text(t, i); !one.empty() && std::ranges::find(all, one) == all.end())
                all.push_back(one);
        return all.size() != before;
    };
    add(to);
    if (!add(other))
        return false;
    data_set joined;
    joined.add(t, mapping::vr_of('C', 'S'), all);
    add_rest(joined, to, [](tag) { return true; });
    to = std::move(joined);
    return true;
}

bool leaves_to_series(data_set const& study, tag t)
{
    return study.text(t).empty() || (t != tags::ModalitiesInStudy && is_none(study, t));
}

bool leaves_to_series(data_set const& study)
{
    return std::ranges::any_of(told_of_series, [&](tag t) { return leaves_to_series(study, t); });
}

void unique_rows::row(data_set&& row)
{
    ++received;
    std::string uid(row.text(by_));
    if (uid.empty()) {
        ++unusable;
        return;
    }
    if (by_ != tags::StudyInstanceUID)
        uid.append(1, '\\').append(row.text(tags::StudyInstanceUID));
    auto const [at, is_new] = seen_.try_emplace(std::move(uid), rows.size());
    if (is_new) {
        drop_counts_of_none(row, series_counts);
        rows.push_back(std::move(row));
        return;
    }
    if (by_ != tags::StudyInstanceUID)
        return;
    auto& first = rows[at->second];
    if (disagree(first, row))
        differing_.insert(at->second);
    join_modalities(first, row);
}

std::size_t print_of_study(data_set const& row)
{
    std::hash<std::string_view> const hash;
    std::size_t print = 0;
    auto const add = [&](std::size_t what) { print = print * 31 + what; };
    row.for_each([&](tag t, mapping::vr, bool is_sequence) {
        if (is_sequence || (!stays(t) && t != tags::ModalitiesInStudy))
            return;
        add(static_cast<std::size_t>(t));
        for (std::size_t i = 0; i < row.count(t); ++i)
            add(hash(row.text(t, i)));
    });
    return print;
}

}  // namespace pons::upstream
