#include "mapping/search/plan.hpp"

#include "mapping/codecs/identifier.hpp"
#include "mapping/search/key_collector.hpp"
#include "mapping/tables/imaging_study.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <tuple>

namespace pons::mapping::search {

namespace {

using alternatives = std::vector<std::vector<key>>;

/// More queries than this at once are not worth a narrower answer.
constexpr std::size_t max_alternatives = 64;

/// What one criterion can ask for. No alternatives: nothing can match.
struct pushed {
    int rank = 0;  ///< lower is more selective
    level at = level::study;
    alternatives queries;
    std::vector<second_try> second_tries;
    bool loses_study_ids = false;
};

std::optional<pushed> push_criterion(criterion const& c, source_facts const& source, abilities const& can,
                                     codecs::name_letters letters = codecs::name_letters::sure)
{
    if (c.modifier == modifier::missing || c.modifier == modifier::not_)
        return {};
    if (c.row->type == parameter_type::reference && c.type() == parameter_type::reference &&
        c.push() != push::patient_id)
        return {};
    key_collector all(source, can);
    pushed out;
    tag uid_tag = tags::StudyInstanceUID;
    for (auto const& value : c.any_of) {
        switch (c.push()) {
            case push::study_uid:
                all.uid(std::get<token>(value));
                break;
            case push::identifier:
                all.identifier(std::get<token>(value));
                out.rank = 1;
                break;
            case push::accession:
                all.accession(std::get<token>(value));
                out.rank = 1;
                break;
            case push::patient_id:
                all.patient(value);
                out.rank = 2;
                break;
            case push::series_uid:
            case push::instance_uid:
                if (!can.relational)
                    return {};
                all.uid(std::get<token>(value));
                out.at = c.push() == push::series_uid ? level::series : level::instance;
                uid_tag = out.at == level::series ? tags::SeriesInstanceUID : tags::SOPInstanceUID;
                out.rank = 1;
                break;
            case push::patient_name:
                if (!can.names_without_case || !can.wildcards)
                    return {};
                all.name(c, std::get<text>(value), letters);
                out.rank = 3;
                break;
            default:
                return {};
        }
    }
    if (!all.whole())
        return {};
    out.queries = all.queries(uid_tag);
    out.second_tries = all.second_tries(!can.leading_spaces);
    out.loses_study_ids = all.loses_study_ids();
    return out;
}

/// Modalities in Study (0008,0061), one query a value (a list is not legal in a CS key).
std::optional<alternatives> modality_queries(std::span<criterion const> criteria, bool wildcards)
{
    for (auto const& c : criteria) {
        if (c.push() != push::modality || c.modifier != modifier::none || c.any_of.size() > 8)
            continue;
        alternatives queries;
        for (auto const& value : c.any_of) {
            auto const& t = std::get<token>(value);
            auto const made = codecs::to_text_key(t.code, codecs::max_cs, wildcards);
            if (made.text.empty())
                return {};
            queries.push_back({key{tags::ModalitiesInStudy, {made.text}}});
        }
        return queries;
    }
    return {};
}

void restrict_dates(plan& p, std::span<criterion const> criteria)
{
    for (auto const& c : criteria) {
        if (c.chain || c.row->push != push::study_date)
            continue;
        if (c.modifier == modifier::missing) {
            (c.missing ? p.dated_may_match : p.undated_may_match) = false;
            continue;
        }
        p.undated_may_match = false;  // what is not there equals no date
        std::optional<codecs::da_range> any;
        for (auto const& value : c.any_of) {
            auto const range = codecs::dates_of(std::get<codecs::date_value>(value));
            any = any ? codecs::unite(*any, range) : range;
        }
        if (any)
            p.dates = codecs::intersect(p.dates, *any);
    }
    if (p.dates.empty)
        p.dated_may_match = false;
}

}  // namespace

plan make_plan(std::span<criterion const> criteria, source_facts const& source, abilities const& can)
{
    plan p;
    restrict_dates(p, criteria);
    if (!p.dated_may_match && !p.undated_may_match)
        p.impossible = true;

    std::optional<pushed> best;
    for (auto const& c : criteria) {
        auto made = push_criterion(c, source, can);
        if (!made)
            continue;
        if (made->queries.empty())
            p.impossible = true;
        if (made->queries.size() > max_alternatives)
            continue;
        auto const narrows = [](pushed const& one) {
            return std::tuple(one.loses_study_ids, one.rank, one.queries.size());
        };
        if (!best || narrows(*made) < narrows(*best))
            best = std::move(made);
    }
    if (best) {
        p.reach = reach::keyed;
        p.loses_study_ids = best->loses_study_ids;
        p.alternatives = std::move(best->queries);
        p.second_tries = std::move(best->second_tries);
        p.asked_at = best->at;
        return p;
    }
    p.reach = p.dated_may_match && !p.undated_may_match && !p.dates.unbounded() ? reach::dated : reach::unbounded;
    if (p.reach == reach::unbounded)
        for (auto const& c : criteria)
            if (c.push() == push::patient_name && p.by_name.empty())
                if (auto made = push_criterion(c, source, can, codecs::name_letters::likely))
                    p.by_name = std::move(made->queries);
    if (can.modalities_in_study)
        if (auto queries = modality_queries(criteria, can.wildcards)) {
            p.alternatives = std::move(*queries);
            return p;
        }
    p.alternatives.emplace_back();
    return p;
}

void settle_for_names(plan& p)
{
    if (p.reach != reach::unbounded || p.by_name.empty())
        return;
    p.alternatives = std::move(p.by_name);
    p.by_name.clear();
    p.reach = reach::keyed;
    p.loses_names = true;
}

find_request to_find_request(plan const& p, std::vector<key> const& alternative, codecs::da_range const* dates)
{
    find_request request{.at = p.asked_at, .keys = alternative, .return_keys = {}, .max_rows = 0};
    if (p.asked_at != level::study) {
        request.return_keys = {tags::StudyInstanceUID, tags::SeriesInstanceUID};
        if (p.asked_at == level::instance)
            request.return_keys.push_back(tags::SOPInstanceUID);
        return request;
    }
    if (dates)
        if (auto range = codecs::to_da_key(*dates))
            request.keys.push_back({tags::StudyDate, {std::move(*range)}});
    auto const wanted = tables::return_keys(level::study);
    request.return_keys.assign(wanted.begin(), wanted.end());
    for (auto const t : p.also)
        if (std::ranges::find(request.return_keys, t) == request.return_keys.end())
            request.return_keys.push_back(t);
    return request;
}

find_request series_of(std::vector<std::string> study_uids)
{
    auto const wanted = tables::return_keys(level::series);
    find_request request{.at = level::series,
                         .keys = {{tags::StudyInstanceUID, std::move(study_uids)}},
                         .return_keys = {wanted.begin(), wanted.end()},
                         .max_rows = 0};
    request.return_keys.push_back(tags::StudyInstanceUID);
    return request;
}

find_request instances_of(std::string study_uid, std::string series_uid)
{
    auto const wanted = tables::return_keys(level::instance);
    find_request request{.at = level::instance,
                         .keys = {{tags::StudyInstanceUID, {std::move(study_uid)}}},
                         .return_keys = {wanted.begin(), wanted.end()},
                         .max_rows = 0};
    if (!series_uid.empty())
        request.keys.push_back({tags::SeriesInstanceUID, {std::move(series_uid)}});
    request.return_keys.push_back(tags::SeriesInstanceUID);
    return request;
}

}  // namespace pons::mapping::search
