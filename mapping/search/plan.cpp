#include "mapping/search/plan.hpp"

#include "mapping/codecs/identifier.hpp"
#include "mapping/codecs/name_search.hpp"
#include "mapping/tables/imaging_study.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>

namespace pons::mapping::search {

namespace {

using alternatives = std::vector<std::vector<key>>;

/// More queries than this at once are not worth a narrower answer.
constexpr std::size_t max_alternatives = 64;
constexpr std::size_t uids_per_query = 100;

/// What one criterion can ask for. No alternatives: nothing can match.
struct pushed {
    int rank = 0;  ///< lower is more selective
    level at = level::study;
    alternatives queries;
    std::vector<second_try> second_tries;
    bool loses_study_ids = false;
};

/// Collects the queries of one criterion; `whole` turns false when one of its values cannot be asked for, because then
/// the others alone would lose what that one finds.
struct collector {
    bool wildcards = true;
    bool study_id = true;
    bool loses_study_ids = false;  ///< what is asked for may be a Study ID, and that is no key
    std::set<std::string> uids;
    std::vector<std::pair<tag, std::string>> texts;
    std::vector<second_try> uncut;  // `instead_of`: indices of `texts`; here as well
    std::vector<second_try> with_spaces;
    bool whole = true;

    /// `forms`: how one value may be stored.
    void text_keys(tag t, std::span<std::string const> forms, std::size_t max_characters)
    {
        std::vector<std::string> patterns;
        std::vector<std::size_t> indices;
        for (auto const& form : forms) {
            auto made = codecs::to_text_key(form, max_characters, wildcards);
            if (made.what == codecs::text_key::kind::everything)
                whole = false;
            if (made.text.empty())
                continue;
            patterns.push_back(made.text);
            auto whole_value = codecs::to_text_key(form, max_characters, false).text;
            bool const is_cut = whole_value != made.text;
            std::pair entry(t, std::move(made.text));
            auto const at = std::ranges::find(texts, entry);
            auto const index = static_cast<std::size_t>(at - texts.begin());
            if (std::ranges::find(indices, index) == indices.end())
                indices.push_back(index);
            if (at == texts.end())
                texts.push_back(std::move(entry));
            if (is_cut)  // for archives without wild cards
                uncut.push_back({{{t, {std::move(whole_value)}}}, {index}});
        }
        if (!wildcards) {
            for (std::size_t i = 0; i < patterns.size(); ++i)
                with_spaces.push_back({{{t, {' ' + patterns[i]}}}, indices});
            return;
        }
        // "*123" finds " 00123" as well.
        std::ranges::sort(patterns, {}, &std::string::size);
        std::vector<std::string_view> endings;
        for (auto const& pattern : patterns)
            if (std::ranges::none_of(endings, [&](auto ending) { return pattern.ends_with(ending); })) {
                endings.push_back(pattern);
                with_spaces.push_back({{{t, {'*' + pattern}}}, indices});
            }
    }

    void text_key(tag t, std::string_view value, std::size_t max_characters)
    {
        std::string const form(value);
        text_keys(t, std::span(&form, 1), max_characters);
    }

    std::vector<second_try> second_tries(bool spaces) const
    {
        auto const before = (uids.size() + uids_per_query - 1) / uids_per_query;  // queries() gives UIDs first
        auto all = uncut;
        if (spaces)
            all.insert(all.end(), with_spaces.begin(), with_spaces.end());
        for (auto& one : all)
            for (auto& index : one.instead_of)
                index += before;
        return all;
    }

    alternatives queries(tag uid_tag) const
    {
        alternatives all;
        std::vector<std::string> chunk;
        for (auto const& uid : uids) {
            chunk.push_back(uid);
            if (chunk.size() == uids_per_query) {
                all.push_back({key{uid_tag, std::move(chunk)}});
                chunk.clear();
            }
        }
        if (!chunk.empty())
            all.push_back({key{uid_tag, std::move(chunk)}});
        for (auto const& [t, value] : texts)
            all.push_back({key{t, {value}}});
        return all;
    }
};

std::optional<std::string> uid_in(std::string_view code)
{
    if (auto const uid = codecs::uid_of_urn(code))
        return std::string(*uid);
    if (codecs::is_uid(code))
        return std::string(code);
    return {};
}

/// Every form in which an accession number that compares equal may be stored.
void accession_keys(collector& all, std::string_view value, accession_rules const& rules)
{
    std::vector<std::string> forms{std::string(value)};
    if (!rules.prefix.empty() || rules.pad != 0) {
        auto const normal = rules.normal(value);
        std::string_view core(normal);
        core.remove_prefix(std::min(rules.prefix.size(), core.size()));
        auto const zeros = rules.pad == 0 ? 0 : std::min(core.find_first_not_of('0'), core.size());
        for (std::size_t skipped = 0; skipped <= zeros; ++skipped) {
            auto const digits = core.substr(skipped);
            forms.emplace_back(digits);
            if (!rules.prefix.empty())
                forms.push_back(rules.prefix + std::string(digits));
        }
    }
    all.text_keys(tags::AccessionNumber, forms, codecs::max_sh);
}

void identifier_keys(collector& all, token const& t, source_facts const& source)
{
    if (t.code.empty()) {
        all.whole = false;
        return;
    }
    bool const typed = !t.type_code.empty();
    if (!typed && (!t.system || *t.system == codecs::urn_dicom_uid))
        if (auto uid = uid_in(t.code))
            all.uids.insert(std::move(*uid));
    if (t.system == std::string(codecs::urn_dicom_uid))
        return;
    accession_keys(all, t.code, source.accession);
    if (typed || (t.system && !t.system->empty()))
        return;
    if (all.study_id)
        all.text_key(tags::StudyID, t.code, codecs::max_sh);
    else if (!uid_in(t.code))
        all.loses_study_ids = true;
}

void patient_key(collector& all, criterion_value const& value, source_facts const& source)
{
    if (auto const* const t = std::get_if<token>(&value)) {
        if (t->code.empty())
            all.whole = false;
        else
            all.text_key(tags::PatientID, t->code, codecs::max_lo);
        return;
    }
    auto const& reference = std::get<reference_value>(value);
    if (reference.known_as) {
        for (auto const& id : *reference.known_as)
            if (id.system == source.patient_system)
                all.text_key(tags::PatientID, id.value, codecs::max_lo);
        return;
    }
    if (!reference.foreign && (reference.type.empty() || reference.type == "Patient"))
        all.text_key(tags::PatientID, reference.id, codecs::max_lo);
}

void uid_keys(collector& all, token const& t)
{
    if (t.code.empty())
        all.whole = false;
    else if (auto uid = uid_in(t.code))
        all.uids.insert(std::move(*uid));
}

void name_keys(collector& all, criterion const& c, std::string_view value, codecs::name_letters letters)
{
    auto const part = c.chain->name == "family"  ? codecs::name_part::family
                      : c.chain->name == "given" ? codecs::name_part::given
                                                 : codecs::name_part::any;
    auto const how = c.modifier == modifier::exact      ? codecs::string_match::exact
                     : c.modifier == modifier::contains ? codecs::string_match::contains
                                                        : codecs::string_match::starts_with;
    codecs::name_query const query(part, how, value);
    if (query.impossible())
        return;
    // By a name beyond ASCII archives find what they keep in the same character set, or of one group of a name only.
    auto const made = query.to_key(letters);
    if (made && (made->ascii || letters == codecs::name_letters::likely))
        all.texts.emplace_back(tags::PatientName, made->text);
    else
        all.whole = false;
}

std::optional<pushed> push_criterion(criterion const& c, source_facts const& source, abilities const& can,
                                     codecs::name_letters letters = codecs::name_letters::sure)
{
    if (c.modifier == modifier::missing || c.modifier == modifier::not_)
        return {};
    if (c.row->type == parameter_type::reference && c.type() == parameter_type::reference &&
        c.push() != push::patient_id)
        return {};
    collector all;
    all.wildcards = can.wildcards;
    all.study_id = can.study_id;
    pushed out;
    tag uid_tag = tags::StudyInstanceUID;
    for (auto const& value : c.any_of) {
        switch (c.push()) {
            case push::study_uid:
                uid_keys(all, std::get<token>(value));
                break;
            case push::identifier:
                identifier_keys(all, std::get<token>(value), source);
                out.rank = 1;
                break;
            case push::accession:
                if (auto const& t = std::get<token>(value); t.code.empty())
                    all.whole = false;
                else
                    accession_keys(all, t.code, source.accession);
                out.rank = 1;
                break;
            case push::patient_id:
                patient_key(all, value, source);
                out.rank = 2;
                break;
            case push::series_uid:
            case push::instance_uid:
                if (!can.relational)
                    return {};
                uid_keys(all, std::get<token>(value));
                out.at = c.push() == push::series_uid ? level::series : level::instance;
                uid_tag = out.at == level::series ? tags::SeriesInstanceUID : tags::SOPInstanceUID;
                out.rank = 1;
                break;
            case push::patient_name:
                if (!can.names_without_case || !can.wildcards)
                    return {};
                name_keys(all, c, std::get<text>(value), letters);
                out.rank = 3;
                break;
            default:
                return {};
        }
    }
    if (!all.whole)
        return {};
    out.queries = all.queries(uid_tag);
    out.second_tries = all.second_tries(!can.leading_spaces);
    out.loses_study_ids = all.loses_study_ids;
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
