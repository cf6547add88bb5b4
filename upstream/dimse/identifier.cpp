#include "upstream/dimse/identifier.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace pons::upstream::dimse {

namespace {

namespace tags = mapping::tags;
using mapping::level;
using mapping::tag;

// What the dictionary holds beyond the STUDY level (PS3.4 C.6.2.1.3, C.6.2.1.4 and PS3.3 C.7.3.1, C.7.6.1); all other
// attributes are the study's or the patient's.
constexpr tag of_series[] = {
    tags::SeriesInstanceUID,
    tags::Modality,
    tags::SeriesDate,
    tags::SeriesTime,
    tags::SeriesDescription,
    tags::SeriesNumber,
    tags::InstitutionalDepartmentName,
    tags::PerformingPhysicianName,
    tags::PerformingPhysicianIdentificationSequence,
    tags::OperatorsName,
    tags::OperatorIdentificationSequence,
    tags::BodyPartExamined,
    tags::Laterality,
    tags::AnatomicRegionSequence,
    tags::NumberOfSeriesRelatedInstances,
    tags::PerformedLocation,
    tags::PerformedProcedureStepStartDate,
    tags::PerformedProcedureStepStartTime,
    tags::RequestAttributesSequence,
};

constexpr tag of_instance[] = {
    tags::SOPInstanceUID,     tags::SOPClassUID,
    tags::ImageType,          tags::InstanceNumber,
    tags::NumberOfFrames,     tags::AnatomicRegionSequence,
    tags::SpecimenIdentifier, tags::SpecimenDescriptionSequence,
    tags::DocumentTitle,      tags::ConceptNameCodeSequence,
    tags::ContentLabel,       available_transfer_syntax_uid,
};

constexpr tag of_every_level[] = {
    tags::SpecificCharacterSet, tags::QueryRetrieveLevel,   tags::TimezoneOffsetFromUTC,
    tags::RetrieveAETitle,      tags::InstanceAvailability, tags::StudyInstanceUID,
};

template <class List>
bool holds(List const& list, tag t)
{
    return std::ranges::find(list, t) != std::end(list);
}

void add_without_value(mapping::data_set& to, tag t)
{
    auto const* const known = mapping::find_attribute(t);
    if (known && known->vr == mapping::vr_of('S', 'Q'))
        to.add_sequence(t);
    else
        to.begin(t, known ? known->vr : mapping::vr_of('U', 'N'));
}

}  // namespace

bool belongs_at(tag attribute, level at)
{
    if (mapping::element_number(attribute) == 0)  // group lengths trouble some archives
        return false;
    if (holds(of_every_level, attribute))
        return true;
    auto const series = holds(of_series, attribute);
    auto const instance = holds(of_instance, attribute);
    switch (at) {
        case level::study:
            return !series && !instance;
        case level::series:
            return series;
        case level::instance:
            return instance || attribute == tags::SeriesInstanceUID;
    }
    return false;
}

mapping::data_set to_identifier(mapping::find_request const& request)
{
    mapping::data_set identifier;
    identifier.begin(tags::SpecificCharacterSet, mapping::vr_of('C', 'S'));
    identifier.add(tags::QueryRetrieveLevel, mapping::to_query_level(request.at));
    for (auto const& k : request.keys) {
        if (!belongs_at(k.attribute, request.at))
            continue;
        auto const* const known = mapping::find_attribute(k.attribute);
        if (k.values.empty() || !known || known->vr == mapping::vr_of('S', 'Q')) {
            add_without_value(identifier, k.attribute);
        } else {
            std::vector<std::string_view> const values(k.values.begin(), k.values.end());
            identifier.add(k.attribute, known->vr, values);
        }
    }
    for (auto const t : request.return_keys)
        if (belongs_at(t, request.at))
            add_without_value(identifier, t);
    return identifier;
}

mapping::data_set to_identifier(retrieve_request const& request)
{
    auto const at = request.series_instance_uid.empty() ? level::study
                    : request.sop_instance_uid.empty()  ? level::series
                                                        : level::instance;
    mapping::data_set identifier;
    identifier.add(tags::QueryRetrieveLevel, mapping::to_query_level(at));
    identifier.add(tags::StudyInstanceUID, request.study_instance_uid);
    if (at != level::study)
        identifier.add(tags::SeriesInstanceUID, request.series_instance_uid);
    if (at == level::instance)
        identifier.add(tags::SOPInstanceUID, request.sop_instance_uid);
    return identifier;
}

}  // namespace pons::upstream::dimse
