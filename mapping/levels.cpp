#include "mapping/levels.hpp"

#include <algorithm>

namespace pons::mapping {

namespace {

// What the dictionary holds beyond the STUDY level (PS3.4 C.6.2.1.3, C.6.2.1.4 and PS3.3 C.7.3.1, C.7.6.1); all other
// attributes are the study's or the patient's.
constexpr tag of_series[] = {
    tags::SeriesInstanceUID, tags::Modality, tags::SeriesDate, tags::SeriesTime, tags::SeriesDescription,
    tags::SeriesNumber, tags::InstitutionalDepartmentName, tags::PerformingPhysicianName,
    tags::PerformingPhysicianIdentificationSequence, tags::OperatorsName, tags::OperatorIdentificationSequence,
    tags::BodyPartExamined, tags::Laterality, tags::AnatomicRegionSequence, tags::NumberOfSeriesRelatedInstances,
    tags::PerformedLocation, tags::PerformedProcedureStepStartDate, tags::PerformedProcedureStepStartTime,
    tags::RequestAttributesSequence,
    // of no use to the FHIR face
    tag{0x00080064},  // ConversionType
    tag{0x00080070},  // Manufacturer
    tag{0x00080080},  // InstitutionName
    tag{0x00081010},  // StationName
    tag{0x00081090},  // ManufacturerModelName
    tag{0x00081111},  // ReferencedPerformedProcedureStepSequence
    tag{0x00181000},  // DeviceSerialNumber
    tag{0x00181030},  // ProtocolName
    tag{0x00185100},  // PatientPosition
    tag{0x00200052},  // FrameOfReferenceUID
    tag{0x00400250},  // PerformedProcedureStepEndDate
    tag{0x00400251},  // PerformedProcedureStepEndTime
    tag{0x00400253},  // PerformedProcedureStepID
    tag{0x00400254},  // PerformedProcedureStepDescription
    tag{0x00400260},  // PerformedProtocolCodeSequence
};

constexpr tag of_instance[] = {
    tags::SOPInstanceUID, tags::SOPClassUID, tags::ImageType, tags::InstanceNumber, tags::NumberOfFrames,
    tags::AnatomicRegionSequence, tags::SpecimenIdentifier, tags::SpecimenDescriptionSequence, tags::DocumentTitle,
    tags::ConceptNameCodeSequence, tags::ContentLabel, tag{0x00083002},  // AvailableTransferSyntaxUID
    // of no use to the FHIR face
    tag{0x00080012},  // InstanceCreationDate
    tag{0x00080013},  // InstanceCreationTime
    tag{0x00080022},  // AcquisitionDate
    tag{0x00080023},  // ContentDate
    tag{0x0008002A},  // AcquisitionDateTime
    tag{0x00080032},  // AcquisitionTime
    tag{0x00080033},  // ContentTime
    tag{0x00180050},  // SliceThickness
    tag{0x00200012},  // AcquisitionNumber
    tag{0x00200032},  // ImagePositionPatient
    tag{0x00200037},  // ImageOrientationPatient
    tag{0x00204000},  // ImageComments
    tag{0x00280002},  // SamplesPerPixel
    tag{0x00280004},  // PhotometricInterpretation
    tag{0x00280010},  // Rows
    tag{0x00280011},  // Columns
    tag{0x00280030},  // PixelSpacing
    tag{0x00280100},  // BitsAllocated
    tag{0x0040A491},  // CompletionFlag
    tag{0x0040A493},  // VerificationFlag
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

level level_of(tag attribute)
{
    return belongs_at(attribute, level::study)    ? level::study
           : belongs_at(attribute, level::series) ? level::series
                                                  : level::instance;
}

}  // namespace pons::mapping
