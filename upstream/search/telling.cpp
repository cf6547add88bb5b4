#include "upstream/search/telling.hpp"

#include "mapping/tables/imaging_study.hpp"
#include "upstream/search/rows.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <unordered_map>

namespace pons::upstream {

namespace {

using mapping::data_set;
using mapping::level;
using mapping::tag;
namespace tags = mapping::tags;

constexpr std::size_t uids_per_query = 50;

// The first two are also told by archives that hardly tell anything.
constexpr std::array of_every_study{
    tags::StudyDate,   tags::PatientID,        tags::StudyTime,  tags::AccessionNumber, tags::ReferringPhysicianName,
    tags::PatientName, tags::PatientBirthDate, tags::PatientSex, tags::StudyID};
constexpr std::uint32_t all = (1U << of_every_study.size()) - 1;
constexpr std::uint32_t hardly_anything = 0b11;

/// Series tell these as well, or there is no value to miss.
bool is_told_elsewhere(tag t)
{
    constexpr std::array all_of_them{tags::ModalitiesInStudy, tags::NumberOfStudyRelatedSeries,
                                     tags::NumberOfStudyRelatedInstances, tags::SpecificCharacterSet};
    return std::ranges::find(all_of_them, t) != all_of_them.end();
}

std::uint32_t bits_of(data_set const& row)
{
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < of_every_study.size(); ++i)
        if (row.contains(of_every_study[i]))
            bits |= 1U << i;
    return bits;
}

}  // namespace

void telling::hear(data_set const& row)
{
    told_ |= bits_of(row);
}

bool telling::expects(tag t) const
{
    auto const at = std::ranges::find(of_every_study, t);
    return !omits_empty_ && at != of_every_study.end() && (told_ & (1U << (at - of_every_study.begin()))) != 0;
}

std::vector<tag> telling::untold(data_set const& row) const
{
    auto const bits = bits_of(row);
    if (bits == all)
        return {};
    bool const bare = (bits & ~hardly_anything) == 0;
    auto const expected = bare ? all : omits_empty_ ? 0U : told_;
    std::vector<tag> lacking;
    for (std::size_t i = 0; i < of_every_study.size(); ++i)
        if ((expected & ~bits & (1U << i)) != 0)
            lacking.push_back(of_every_study[i]);
    if (lacking.empty())
        return lacking;
    // Of what a study may have, nobody knows whether this one has it.
    for (auto const t : mapping::tables::return_keys(level::study))
        if (!row.contains(t) && !is_told_elsewhere(t) && std::ranges::find(of_every_study, t) == of_every_study.end())
            lacking.push_back(t);
    return lacking;
}

awaitable<result<void>> ask_again(searched_source& source, std::span<data_set* const> attributes,
                                  fan_out_budget& budget, time_point deadline)
{
    for (std::size_t from = 0; from < attributes.size() && budget.left != 0; from += uids_per_query) {
        auto const some = attributes.subspan(from, std::min(uids_per_query, attributes.size() - from));
        mapping::key uids{tags::StudyInstanceUID, {}};
        std::unordered_map<std::string, data_set*> of;
        for (auto* const one : some) {
            uids.values.emplace_back(one->text(tags::StudyInstanceUID));
            of.emplace(uids.values.back(), one);
        }
        mapping::find_request request;
        request.keys.push_back(std::move(uids));
        auto const wanted = mapping::tables::return_keys(level::study);
        request.return_keys.assign(wanted.begin(), wanted.end());
        request.max_rows = source.max_rows;
        --budget.left;
        unique_rows rows(tags::StudyInstanceUID, "studies of which too little was told");
        auto const how = co_await source.where->find(request, rows, deadline);
        if (!how)
            co_return tl::unexpected(how.error());
        bool news = false;
        for (auto& row : rows.rows) {
            auto const at = of.find(std::string(row.text(tags::StudyInstanceUID)));
            if (at == of.end() || std::popcount(bits_of(row)) <= std::popcount(bits_of(*at->second)))
                continue;
            news = true;
            *at->second = std::move(row);
        }
        if (!news)
            break;
    }
    co_return result<void>();
}

}  // namespace pons::upstream
