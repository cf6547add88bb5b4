#include "proxy/dicomweb/rows.hpp"

#include "mapping/codecs/integer.hpp"
#include "mapping/tables/imaging_study.hpp"
#include "proxy/dicomweb/attributes.hpp"
#include "proxy/dicomweb/service.hpp"

#include <algorithm>
#include <array>

namespace pons::proxy::dicomweb {

namespace {

using mapping::data_set;
using mapping::level;
using mapping::tag;
using mapping::vr;
namespace tags = mapping::tags;

void copy_attribute(data_set const& from, tag t, vr as, bool is_sequence, data_set& to)
{
    if (is_sequence) {
        if (auto* const items = to.add_sequence(t))
            items->assign(from.items(t).begin(), from.items(t).end());
    } else if (to.begin(t, as)) {
        for (std::size_t i = 0; i < from.count(t); ++i)
            to.value(from.text(t, i));
    }
}

/// Not empty, of the first of `levels` that has it.
std::string_view text_of(std::initializer_list<data_set const*> levels, tag t)
{
    for (auto const* const one : levels)
        if (one)
            if (auto const text = one->text(t); !text.empty())
                return text;
    return {};
}

void add_empty(data_set& to, tag t)
{
    auto const* const known = mapping::find_attribute(t);
    to.begin(t, known->vr);
}

/// Everything but `gone`.
data_set without(data_set const& row, std::span<tag const> gone)
{
    data_set rest;
    row.for_each([&](tag t, vr as, bool is_sequence) {
        if (std::ranges::find(gone, t) == gone.end())
            copy_attribute(row, t, as, is_sequence, rest);
    });
    return rest;
}

}  // namespace

void add_rest(data_set& to, data_set const& from)
{
    from.for_each([&](tag t, vr as, bool is_sequence) {
        if (!to.contains(t))
            copy_attribute(from, t, as, is_sequence, to);
    });
}

void complete_from_series(mapping::study_record& study)
{
    if (!study.series_known || study.partial)
        return;
    std::vector<tag> lacking;
    for (auto const t : upstream::told_of_series)
        if (study.attributes.text(t).empty())
            lacking.push_back(t);
    if (lacking.empty())
        return;
    auto& a = study.attributes;
    a = without(a, lacking);
    std::vector<std::string_view> modalities;
    std::uint64_t instances = 0;
    bool counted = true;
    for (auto const& series : study.series) {
        auto const modality = series.attributes.text(tags::Modality);
        if (!modality.empty() && std::ranges::find(modalities, modality) == modalities.end())
            modalities.push_back(modality);
        auto const n = mapping::codecs::to_unsigned(series.attributes.text(tags::NumberOfSeriesRelatedInstances));
        counted = counted && n;
        instances += n.value_or(0);
    }
    std::ranges::sort(modalities);
    if (!a.contains(tags::ModalitiesInStudy))
        a.add(tags::ModalitiesInStudy, mapping::vr_of('C', 'S'), modalities);
    a.add(tags::NumberOfStudyRelatedSeries, std::to_string(study.series.size()));
    if (counted)
        a.add(tags::NumberOfStudyRelatedInstances, std::to_string(instances));
}

data_set to_row(search_query const& query, mapping::study_record const& study, mapping::series_record const* series,
                data_set const* instance, std::string_view base)
{
    std::array<data_set const*, 3> const at{&study.attributes, series ? &series->attributes : nullptr, instance};
    auto const own = static_cast<std::size_t>(query.where.at);
    // What the path names needs not be said again.
    std::size_t const top = !query.where.series_uid.empty() ? 2 : !query.where.study_uid.empty() ? 1 : 0;
    auto const first = std::min(top, own);

    data_set row;
    auto const copy = [&](tag t, std::size_t from) {
        for (auto l = own + 1; l-- > from;) {
            bool done = false;
            at[l]->for_each([&](tag each, vr as, bool is_sequence) {
                if (each == t && !done) {
                    copy_attribute(*at[l], t, as, is_sequence, row);
                    done = true;
                }
            });
            if (done)
                return true;
        }
        return false;
    };
    row.add(tags::StudyInstanceUID, text_of({at[2], at[1], at[0]}, tags::StudyInstanceUID));
    if (series)
        row.add(tags::SeriesInstanceUID, series->attributes.text(tags::SeriesInstanceUID));
    if (instance)
        row.add(tags::SOPInstanceUID, instance->text(tags::SOPInstanceUID));
    row.add(tags::RetrieveURL,
            url_of(base, study.uid(), series ? series->attributes.text(tags::SeriesInstanceUID) : std::string_view(),
                   instance ? instance->text(tags::SOPInstanceUID) : std::string_view()));
    for (auto const& a : result_attributes()) {
        auto const of = static_cast<std::size_t>(a.at);
        if (of < first || of > own || row.contains(a.tag))
            continue;
        bool const known = copy(a.tag, of);
        if (!known && !a.if_known)
            add_empty(row, a.tag);
    }
    for (auto const t : query.fields)
        copy(t, 0);
    if (query.all_fields)
        for (auto l = own + 1; l-- > first;)
            at[l]->for_each([&](tag t, vr as, bool is_sequence) { copy_attribute(*at[l], t, as, is_sequence, row); });
    // Empty says nothing of where they are (pacs-quirks A1).
    std::vector<tag> gone{tags::QueryRetrieveLevel, tags::SpecificCharacterSet, tags::RetrieveAETitle};
    if (row.text(tags::InstanceAvailability).empty())
        gone.push_back(tags::InstanceAvailability);
    // Of studies it is filled (complete_from_series); the series at hand here may be those that match alone.
    if (query.where.at != level::study && row.text(tags::ModalitiesInStudy).empty())
        gone.push_back(tags::ModalitiesInStudy);
    return without(row, gone);
}

}  // namespace pons::proxy::dicomweb
