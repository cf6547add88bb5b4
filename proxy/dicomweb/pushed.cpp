#include "proxy/dicomweb/pushed.hpp"

#include "mapping/codecs/name_search.hpp"
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

/// What the archive is known to refuse is judged here alone.
bool is_refused(match_key const& k, mapping::search::abilities const& can)
{
    return k.path.front() == tags::StudyID && !can.study_id;
}

/// A group of components cannot be asked for alone, and archives differ in how they compare several. Wild cards are for
/// archives that know them.
bool can_be_pushed(match_key const& k, bool wildcards)
{
    auto const& value = k.values.front();
    bool const groups = k.as == "PN"_vr && value.find('=') != value.npos;
    bool const known = wildcards || !mapping::takes_wild_cards(k.as) || value.find_first_of("*?") == value.npos;
    return k.path.size() == 1 && k.values.size() == 1 && value != "\"\"" && !groups && known;
}

bool is_wild(match_key const& k)
{
    return k.values.front().find_first_of("*?") == 0;
}

bool is_selective(match_key const& k)
{
    return holds(selective, k.path.front()) && !is_wild(k);
}

/// A text that some archives compare with the spaces in front of it.
bool counts_spaces(key const& k)
{
    auto const* const a = mapping::find_attribute(k.attribute);
    return a && (a->vr == "SH"_vr || a->vr == "LO"_vr) && k.values.size() == 1 && !k.values.front().starts_with('*');
}

/// The same query for values that are stored with leading spaces; nothing when it would be no other.
std::optional<std::vector<key>> with_leading_spaces(std::vector<key> keys, bool wildcards)
{
    bool changed = false;
    for (auto& k : keys) {
        if (!counts_spaces(k))
            continue;
        k.values.front().insert(0, 1, wildcards ? '*' : ' ');
        changed = true;
    }
    if (!changed)
        return {};
    return keys;
}

/// What archives compare with case and accents is judged here without: hardly any may narrow.
bool compares_names(match_key const& k)
{
    return k.as == "PN"_vr;
}

/// "?" is one character, which archives that compare bytes take for one byte: "*" finds what they would not, and it is
/// judged here. Not where hardly anything else would be left of a value.
std::string widen_marks(std::string value)
{
    constexpr std::ptrdiff_t enough = 3;
    if (std::ranges::count_if(value, [](char c) { return c != '*' && c != '?' && c != '^' && c != ' '; }) >= enough)
        std::ranges::replace(value, '?', '*');
    return value;
}

key name_key(match_key const& k, mapping::search::abilities const& can)
{
    auto value = k.values.front();
    if (can.names_without_case && can.wildcards)
        value = mapping::codecs::widen_accents(value, mapping::codecs::name_letters::likely);
    return {k.path.front(), {widen_marks(std::move(value))}};
}

}  // namespace

bool leaves_names_to_archive(mapping::search::plan const& p)
{
    return std::ranges::any_of(p.alternatives, [](auto const& keys) {
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
    bool const narrowed = !uids.empty() || std::ranges::any_of(query.keys, [&](match_key const& k) {
        return k.path.front() == tags::StudyInstanceUID ||
               (can_be_pushed(k, can.wildcards) && is_selective(k) && !compares_names(k) && !is_refused(k, can));
    });
    for (auto const& k : query.keys) {
        auto const t = k.path.front();
        if (t == tags::StudyInstanceUID) {
            if (uids.empty())
                uids = k.values;
            continue;
        }
        if (!can_be_pushed(k, can.wildcards) || is_refused(k, can))
            continue;
        if (t == tags::StudyDate) {
            p.dates = to_dates(k.values.front());
            p.undated_may_match = false;
        } else if (compares_names(k)) {
            if (narrowed || t != tags::PatientName)
                continue;
            auto name = name_key(k, can);
            if (name.values.front().find_first_not_of("*?") == std::string::npos)
                continue;
            keys.push_back(std::move(name));
            if (is_selective(k))
                p.reach = reach::keyed;
        } else if (holds(pushable, t) || (t == tags::ModalitiesInStudy && can.modalities_in_study)) {
            keys.push_back(t == tags::StudyDescription ? key{t, {widen_marks(k.values.front())}} : key{t, k.values});
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
        if (p.reach != reach::keyed) {
            std::erase_if(p.alternatives[i], counts_spaces);  // in windows there is no second time
            continue;
        }
        auto spaced = with_leading_spaces(p.alternatives[i], can.wildcards);
        if (spaced)
            p.second_tries.push_back({std::move(*spaced), std::vector<std::size_t>(1, i)});
    }
    return p;
}

}  // namespace pons::proxy::dicomweb
