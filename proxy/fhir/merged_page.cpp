#include "proxy/fhir/merged_page.hpp"

#include "upstream/federation/holders.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <string_view>

namespace pons::proxy::fhir {

using mapping::study_record;
using upstream::position;

namespace {

study_record const* find_differing(std::vector<study_record const*> const& agreed, study_record const& other,
                                   merged_page::same_patient const& is_same)
{
    auto const one = std::ranges::find_if_not(agreed, [&](auto const* const a) { return is_same(*a, other); });
    return one == agreed.end() ? nullptr : *one;
}

}  // namespace

bool placed::knows(std::size_t rank_of_source) const
{
    return rank == rank_of_source ||
           std::ranges::any_of(doubles, [&](auto const& d) { return d.first == rank_of_source; });
}

std::size_t merged_page::take(std::size_t rank, std::vector<study_record>&& matching)
{
    std::size_t known_before = 0;
    for (auto& study : matching) {
        auto at = upstream::position_of(study);
        auto const [known, added] = by_uid_.emplace(at.uid, studies_.size());
        if (added) {
            studies_.push_back({.at = std::move(at), .study = std::move(study), .rank = rank, .doubles = {}});
            continue;
        }
        ++known_before;
        auto& kept = studies_[known->second];
        if (order_.before(at, kept.at))
            kept.at = std::move(at);
        kept.doubles.emplace_back(rank, std::move(study));
    }
    return known_before;
}

bool merged_page::cut(std::optional<position> const& after, std::size_t count)
{
    by_uid_.clear();
    std::ranges::sort(studies_, [&](placed const& a, placed const& b) { return order_.before(a.at, b.at); });
    if (after)
        std::erase_if(studies_, [&](placed const& one) { return !order_.before(*after, one.at); });
    if (studies_.size() <= count)
        return false;
    studies_.erase(studies_.begin() + static_cast<std::ptrdiff_t>(count), studies_.end());
    return true;
}

void merged_page::take_held(std::size_t rank, study_record&& held, bool matches)
{
    auto const kept =
        std::ranges::find(studies_, held.uid(), [](placed const& x) { return std::string_view(x.at.uid); });
    if (kept == studies_.end())
        return;
    if (matches && rank < kept->rank) {
        std::swap(kept->study, held);
        std::swap(kept->rank, rank);
    }
    kept->doubles.emplace_back(rank, std::move(held));
}

std::optional<std::size_t> merged_page::drop(std::string_view uid)
{
    auto const one = std::ranges::find_if(studies_, [&](placed const& p) { return p.at.uid == uid; });
    if (one == studies_.end())
        return {};
    auto const rank = one->rank;
    studies_.erase(one);
    return rank;
}

std::vector<std::size_t> merged_page::studies_by_rank(std::size_t sources) const
{
    std::vector<std::size_t> all(sources);
    for (auto const& one : studies_)
        ++all[one.rank];
    return all;
}

std::size_t merged_page::instances(std::size_t from, std::size_t count) const
{
    std::size_t all = 0;
    for (auto const& one : std::span(studies_).subspan(from, count))
        for (auto const& series : one.study.series)
            all += series.instances.size();
    return all;
}

std::vector<std::string> merged_page::add_holders(same_patient const& is_same)
{
    std::vector<std::string> told;
    for (auto& [at, kept, rank, doubles] : studies_) {
        std::ranges::stable_sort(doubles, {}, [](auto const& d) { return d.first; });
        // Each with each: what one leaves empty agrees with everything.
        std::vector<study_record const*> agreed{&kept};
        for (auto const& [other_rank, other] : doubles) {
            auto const* const differing = find_differing(agreed, other, is_same);
            if (differing) {
                told.push_back(upstream::describe_disagreement(*differing, other));
                continue;
            }
            agreed.push_back(&other);
            if (kept.source != other.source &&
                std::ranges::find(kept.other_holders, other.source) == kept.other_holders.end())
                kept.other_holders.push_back(other.source);
        }
    }
    return told;
}

bool merged_page::has_two_issuers(bool each) const
{
    namespace tags = mapping::tags;
    std::map<std::pair<mapping::source_facts const*, std::string_view>, std::string_view> issuer_of;
    for (auto const& one : studies_) {
        auto const issuer = one.study.attributes.text(tags::IssuerOfPatientID);
        if (issuer.empty())
            continue;
        std::pair const id(each ? one.study.source : nullptr, one.study.attributes.text(tags::PatientID));
        auto const [at, added] = issuer_of.emplace(id, issuer);
        if (!added && at->second != issuer)
            return true;
    }
    return false;
}

}  // namespace pons::proxy::fhir
