#pragma once

#include "mapping/dictionary.hpp"

#include <algorithm>
#include <array>

namespace pons::test {

/// The level that an attribute belongs to in the Study Root model, by hand from PS3.4 C.6.2 and fhir.md 2.6; Timezone
/// Offset From UTC and Specific Character Set belong to all, `at` is given back for them.
inline mapping::level level_of(mapping::tag t, mapping::level at)
{
    using namespace mapping;
    using namespace mapping::tags;
    constexpr std::array everywhere{SpecificCharacterSet, TimezoneOffsetFromUTC, QueryRetrieveLevel};
    constexpr std::array series{Modality,
                                SeriesInstanceUID,
                                SeriesNumber,
                                SeriesDate,
                                SeriesTime,
                                SeriesDescription,
                                PerformingPhysicianName,
                                PerformingPhysicianIdentificationSequence,
                                OperatorsName,
                                OperatorIdentificationSequence,
                                BodyPartExamined,
                                AnatomicRegionSequence,
                                Laterality,
                                NumberOfSeriesRelatedInstances,
                                RequestAttributesSequence,
                                SpecimenDescriptionSequence,
                                PerformedProcedureStepStartDate,
                                PerformedProcedureStepStartTime};
    constexpr std::array instance{SOPInstanceUID, SOPClassUID,  InstanceNumber,          NumberOfFrames,
                                  ImageType,      ContentLabel, ConceptNameCodeSequence, DocumentTitle};
    if (std::ranges::find(everywhere, t) != everywhere.end())
        return at;
    if (std::ranges::find(series, t) != series.end())
        return level::series;
    return std::ranges::find(instance, t) != instance.end() ? level::instance : level::study;
}

}  // namespace pons::test
