#include "proxy/dicomweb/merged_hits.hpp"

#include "mapping/codecs/integer.hpp"
#include "proxy/dicomweb/rows.hpp"
#include "upstream/federation/holders.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace pons::proxy::dicomweb {

namespace {

using mapping::data_set;
using mapping::level;
using mapping::study_record;
namespace tags = mapping::tags;

/// The record among `agreed` that is of another patient; null: none.
study_record const* find_differing(std::vector<study_record const*> const& agreed, study_record const& other)
{
    auto const one =
        std::ranges::find_if_not(agreed, [&](auto const* const a) { return upstream::agree_on_patient(*a, other); });
    return one == agreed.end() ? nullptr : *one;
}

std::string to_larger(data_set const& a, data_set const& b, mapping::tag t)
{
    auto const x = mapping::codecs::to_unsigned(a.text(t));
    auto const y = mapping::codecs::to_unsigned(b.text(t));
    return x || y ? std::to_string(std::max(x.value_or(0), y.value_or(0))) : std::string();
}

/// The first one's attributes, with what both know of how much there is.
void join(data_set& shown, data_set const& other)
{
    data_set both;
    std::vector<std::string_view> modalities;
    for (data_set const* const row : {&std::as_const(shown), &other})
        for (std::size_t i = 0; i < row->count(tags::ModalitiesInStudy); ++i)
            if (auto const m = row->text(tags::ModalitiesInStudy, i);
                !m.empty() && std::ranges::find(modalities, m) == modalities.end())
                modalities.push_back(m);
    if (!modalities.empty())
        both.add(tags::ModalitiesInStudy, mapping::vr_of('C', 'S'), modalities);
    for (auto const t : {tags::NumberOfStudyRelatedSeries, tags::NumberOfStudyRelatedInstances})
        if (auto const larger = to_larger(shown, other, t); !larger.empty())
            both.add(t, larger);
    add_rest(both, shown);
    shown = std::move(both);
}

}  // namespace

void merged_hits::take(std::size_t rank, std::vector<hit>&& hits)
{
    for (auto& one : hits) {
        holders_[std::string(one.study->uid())].emplace(rank, one.study);
        all_.emplace_back(rank, std::move(one));
    }
}

std::vector<std::string> merged_hits::leave_out_other_patients()
{
    std::vector<std::string> told;
    std::set<std::pair<std::string_view, std::size_t>> others;
    for (auto const& [uid, by_rank] : holders_) {
        std::vector<study_record const*> agreed;
        for (auto const& [rank, record] : by_rank) {
            auto const* const differing = find_differing(agreed, *record);
            if (!differing) {
                agreed.push_back(record.get());
                continue;
            }
            told.push_back(upstream::describe_disagreement(*differing, *record));
            others.emplace(uid, rank);
        }
    }
    std::erase_if(all_, [&](auto const& one) { return others.contains({one.second.study->uid(), one.first}); });
    return told;
}

std::vector<std::string> merged_hits::put_in_order()
{
    std::vector<std::string> told;
    if (at_ != level::study)
        told = leave_out_other_patients();
    std::ranges::stable_sort(all_, [](auto const& a, auto const& b) { return before(a.second, b.second); });
    std::unordered_map<std::string, std::size_t> by_uid;
    std::vector<std::size_t> ranks;
    for (auto& [rank, one] : all_) {
        auto key = std::string(one.study->uid()) + '\\' + one.series_uid + '\\' + one.sop_uid;
        auto const [at, is_new] = by_uid.emplace(std::move(key), list_.size());
        if (is_new) {
            list_.push_back(std::move(one));
            ranks.push_back(rank);
            continue;
        }
        if (rank >= ranks[at->second])
            continue;
        one.at = list_[at->second].at;
        list_[at->second] = std::move(one);
        ranks[at->second] = rank;
    }
    all_.clear();
    return told;
}

std::size_t merged_hits::cut(std::size_t offset, std::size_t count)
{
    auto const first = std::min(offset, list_.size());
    auto const shown = std::min(count, list_.size() - first);
    auto const after = list_.size() - first - shown;
    list_.erase(list_.begin() + static_cast<std::ptrdiff_t>(first + shown), list_.end());
    list_.erase(list_.begin(), list_.begin() + static_cast<std::ptrdiff_t>(first));
    return after;
}

std::vector<std::string> merged_hits::unknown_to(std::size_t rank) const
{
    std::vector<std::string> uids;
    for (auto const& one : list_)
        if (auto const of = holders_.find(one.study->uid()); of == holders_.end() || !of->second.contains(rank))
            uids.emplace_back(one.study->uid());
    return uids;
}

void merged_hits::take_held(std::size_t rank, study_record&& held, bool matches)
{
    auto const of = holders_.find(held.uid());
    auto const one = std::ranges::find(list_, held.uid(), [](hit const& h) { return h.study->uid(); });
    if (of == holders_.end() || one == list_.end())
        return;
    auto const [at, is_new] = of->second.emplace(rank, std::make_shared<study_record>(std::move(held)));
    auto const shown = std::ranges::find(of->second, one->study, [](auto const& h) { return h.second; });
    if (!is_new || !matches || shown == of->second.end() || rank > shown->first)
        return;
    one->study = at->second;
    one->untold.clear();
}

std::vector<study_record*> merged_hits::records_of(std::size_t rank) const
{
    std::vector<study_record*> records;
    for (auto const& one : list_)
        if (auto const of = holders_.find(one.study->uid()); of != holders_.end())
            if (auto const own = of->second.find(rank); own != of->second.end())
                records.push_back(own->second.get());
    return records;
}

std::vector<std::string> merged_hits::join_holders()
{
    std::vector<std::string> told;
    for (auto& one : list_) {
        std::vector<study_record const*> agreed{one.study.get()};
        for (auto const& [rank, record] : holders_.find(one.study->uid())->second) {
            if (record == one.study)
                continue;
            if (auto const* const differing = find_differing(agreed, *record)) {
                told.push_back(upstream::describe_disagreement(*differing, *record));
                continue;
            }
            agreed.push_back(record.get());
            join(one.study->attributes, record->attributes);
        }
    }
    return told;
}

}  // namespace pons::proxy::dicomweb
