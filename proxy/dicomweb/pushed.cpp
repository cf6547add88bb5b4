#include "proxy/dicomweb/pushed.hpp"

#include "mapping/levels.hpp"
#include "mapping/matching.hpp"

#include <algorithm>
#include <array>

namespace pons::proxy::dicomweb {

namespace {

using mapping::key;
using mapping::level;
using mapping::match_key;
using mapping::search::reach;
namespace tags = mapping::tags;
using mapping::operator""_vr;

constexpr std::size_t uids_per_query = 100;

/// Keys that find few studies (PS3.4 C.6.2.1.2: unique and required ones).
constexpr std::array selective{tags::PatientID, tags::AccessionNumber, tags::StudyID, tags::PatientName};

/// Keys that archives match, or ignore without harm.
constexpr std::array pushable{tags::PatientID,   tags::AccessionNumber,        tags::StudyID,
                              tags::PatientName, tags::ReferringPhysicianName, tags::PatientBirthDate,
                              tags::PatientSex,  tags::StudyDescription,       tags::IssuerOfPatientID};

template <class List>
bool holds(List const& list, mapping::tag t)
{
    return std::ranges::find(list, t) != list.end();
}

std::optional<mapping::codecs::local_days> to_day(std::string_view da)
{
    return da.empty() ? std::nullopt : mapping::codecs::parse_da(da);
}

mapping::codecs::da_range to_dates(std::string_view value)
{
    auto const dash = value.find('-');
    if (dash == value.npos)
        return {.first = to_day(value), .last = to_day(value)};
    return {.first = to_day(value.substr(0, dash)), .last = to_day(value.substr(dash + 1))};
}

/// A group of components cannot be asked for alone, and archives differ in how they compare several.
bool can_be_pushed(match_key const& k)
{
    auto const& value = k.values.front();
    bool const groups = k.as == "PN"_vr && value.find('=') != value.npos;
    return k.path.size() == 1 && k.values.size() == 1 && value != "\"\"" && !groups;
}

bool is_wild(match_key const& k)
{
    return k.values.front().find_first_of("*?") == 0;
}

bool is_selective(match_key const& k)
{
    return holds(selective, k.path.front()) && !is_wild(k);
}

/// The same query for values that are stored with leading spaces; nothing when it would be no other.
std::optional<std::vector<key>> with_leading_spaces(std::vector<key> keys)
{
    bool changed = false;
    for (auto& k : keys) {
        auto const* const a = mapping::find_attribute(k.attribute);
        bool const is_text = a && (a->vr == "SH"_vr || a->vr == "LO"_vr);
        if (!is_text || k.values.size() != 1 || k.values.front().starts_with('*'))
            continue;
        k.values.front().insert(0, 1, '*');
        changed = true;
    }
    if (!changed)
        return {};
    return keys;
}

/// What archives compare with case is judged here without: only what knows no case may narrow.
bool compares_names(match_key const& k)
{
    return k.as == "PN"_vr;
}

}  // namespace

bool leaves_names_to_archive(mapping::search::plan const& p, mapping::search::abilities const& can)
{
    return !can.names_without_case && std::ranges::any_of(p.alternatives, [](auto const& keys) {
        return std::ranges::find(keys, tags::PatientName, &key::attribute) != keys.end();
    });
}

mapping::search::plan plan_studies(search_query const& query, mapping::search::abilities const& can)
{
    mapping::search::plan p;
    p.reach = reach::dated;
    std::vector<key> keys;
    std::vector<std::string> uids;
    if (!query.where.study_uid.empty())
        uids.push_back(query.where.study_uid);
    bool const narrowed = !uids.empty() || std::ranges::any_of(query.keys, [](match_key const& k) {
        return k.path.front() == tags::StudyInstanceUID || (can_be_pushed(k) && is_selective(k) && !compares_names(k));
    });
    for (auto const& k : query.keys) {
        auto const t = k.path.front();
        if (t == tags::StudyInstanceUID) {
            if (uids.empty())
                uids = k.values;
            continue;
        }
        if (!can_be_pushed(k))
            continue;
        if (t == tags::StudyDate) {
            p.dates = to_dates(k.values.front());
            p.undated_may_match = false;
        } else if (compares_names(k) && !can.names_without_case && (narrowed || t != tags::PatientName)) {
            continue;
        } else if (holds(pushable, t) || (t == tags::ModalitiesInStudy && can.modalities_in_study)) {
            keys.push_back({t, k.values});
            if (is_selective(k))
                p.reach = reach::keyed;
        }
    }
    for (auto const t : query.fields)
        if (mapping::belongs_at(t, level::study))
            p.also.push_back(t);
    p.also.push_back(tags::InstanceAvailability);
    for (std::size_t from = 0; from < uids.size(); from += uids_per_query) {
        auto const to = std::min(from + uids_per_query, uids.size());
        auto& one = p.alternatives.emplace_back(keys);
        one.insert(one.begin(), {tags::StudyInstanceUID,
                                 {uids.begin() + static_cast<std::ptrdiff_t>(from),
                                  uids.begin() + static_cast<std::ptrdiff_t>(to)}});
        p.reach = reach::keyed;
    }
    if (p.alternatives.empty())
        p.alternatives.push_back(std::move(keys));
    if (can.leading_spaces)
        return p;
    for (std::size_t i = 0; i < p.alternatives.size(); ++i) {
        auto spaced = with_leading_spaces(p.alternatives[i]);
        if (!spaced)
            continue;
        if (p.reach == reach::keyed)
            p.second_tries.push_back({std::move(*spaced), std::vector<std::size_t>(1, i)});
        else
            p.alternatives[i] = std::move(*spaced);  // in windows there is no second time
    }
    return p;
}

}  // namespace pons::proxy::dicomweb
