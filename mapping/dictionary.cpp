#include "mapping/dictionary.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace pons::mapping {

namespace {

// clang-format off
constexpr attribute known[] = {
    {tags::SpecificCharacterSet, "CS"_vr, "SpecificCharacterSet"},
    {tags::ImageType, "CS"_vr, "ImageType"},
    {tag{0x00080012}, "DA"_vr, "InstanceCreationDate"},
    {tag{0x00080013}, "TM"_vr, "InstanceCreationTime"},
    {tags::SOPClassUID, "UI"_vr, "SOPClassUID"},
    {tags::SOPInstanceUID, "UI"_vr, "SOPInstanceUID"},
    {tags::StudyDate, "DA"_vr, "StudyDate"},
    {tags::SeriesDate, "DA"_vr, "SeriesDate"},
    {tag{0x00080022}, "DA"_vr, "AcquisitionDate"},
    {tag{0x00080023}, "DA"_vr, "ContentDate"},
    {tag{0x0008002A}, "DT"_vr, "AcquisitionDateTime"},
    {tags::StudyTime, "TM"_vr, "StudyTime"},
    {tags::SeriesTime, "TM"_vr, "SeriesTime"},
    {tag{0x00080032}, "TM"_vr, "AcquisitionTime"},
    {tag{0x00080033}, "TM"_vr, "ContentTime"},
    {tags::AccessionNumber, "SH"_vr, "AccessionNumber"},
    {tags::IssuerOfAccessionNumberSequence, "SQ"_vr, "IssuerOfAccessionNumberSequence"},
    {tags::QueryRetrieveLevel, "CS"_vr, "QueryRetrieveLevel"},
    {tags::RetrieveAETitle, "AE"_vr, "RetrieveAETitle"},
    {tags::InstanceAvailability, "CS"_vr, "InstanceAvailability"},
    {tags::Modality, "CS"_vr, "Modality"},
    {tags::ModalitiesInStudy, "CS"_vr, "ModalitiesInStudy"},
    {tags::SOPClassesInStudy, "UI"_vr, "SOPClassesInStudy"},
    {tags::AnatomicRegionsInStudyCodeSequence, "SQ"_vr, "AnatomicRegionsInStudyCodeSequence"},
    {tag{0x00080064}, "CS"_vr, "ConversionType"},
    {tag{0x00080070}, "LO"_vr, "Manufacturer"},
    {tag{0x00080080}, "LO"_vr, "InstitutionName"},
    {tags::ReferringPhysicianName, "PN"_vr, "ReferringPhysicianName"},
    {tags::ReferringPhysicianIdentificationSequence, "SQ"_vr, "ReferringPhysicianIdentificationSequence"},
    {tags::CodeValue, "SH"_vr, "CodeValue"},
    {tags::CodingSchemeDesignator, "SH"_vr, "CodingSchemeDesignator"},
    {tags::CodeMeaning, "LO"_vr, "CodeMeaning"},
    {tags::CodingSchemeUID, "UI"_vr, "CodingSchemeUID"},
    {tags::LongCodeValue, "UC"_vr, "LongCodeValue"},
    {tags::URNCodeValue, "UR"_vr, "URNCodeValue"},
    {tags::TimezoneOffsetFromUTC, "SH"_vr, "TimezoneOffsetFromUTC"},
    {tag{0x00081010}, "SH"_vr, "StationName"},
    {tags::StudyDescription, "LO"_vr, "StudyDescription"},
    {tags::ProcedureCodeSequence, "SQ"_vr, "ProcedureCodeSequence"},
    {tags::SeriesDescription, "LO"_vr, "SeriesDescription"},
    {tags::InstitutionalDepartmentName, "LO"_vr, "InstitutionalDepartmentName"},
    {tag{0x00081048}, "PN"_vr, "PhysiciansOfRecord"},
    {tags::PerformingPhysicianName, "PN"_vr, "PerformingPhysicianName"},
    {tags::PerformingPhysicianIdentificationSequence, "SQ"_vr, "PerformingPhysicianIdentificationSequence"},
    {tags::NameOfPhysiciansReadingStudy, "PN"_vr, "NameOfPhysiciansReadingStudy"},
    {tags::PhysiciansReadingStudyIdentificationSequence, "SQ"_vr, "PhysiciansReadingStudyIdentificationSequence"},
    {tags::OperatorsName, "PN"_vr, "OperatorsName"},
    {tags::OperatorIdentificationSequence, "SQ"_vr, "OperatorIdentificationSequence"},
    {tag{0x00081080}, "LO"_vr, "AdmittingDiagnosesDescription"},
    {tag{0x00081090}, "LO"_vr, "ManufacturerModelName"},
    {tag{0x00081110}, "SQ"_vr, "ReferencedStudySequence"},
    {tag{0x00081111}, "SQ"_vr, "ReferencedPerformedProcedureStepSequence"},
    {tag{0x00081150}, "UI"_vr, "ReferencedSOPClassUID"},
    {tag{0x00081155}, "UI"_vr, "ReferencedSOPInstanceUID"},
    {tags::RetrieveURL, "UR"_vr, "RetrieveURL"},
    {tag{0x00081196}, "US"_vr, "WarningReason"},
    {tag{0x00081197}, "US"_vr, "FailureReason"},
    {tag{0x00081198}, "SQ"_vr, "FailedSOPSequence"},
    {tag{0x00081199}, "SQ"_vr, "ReferencedSOPSequence"},
    {tag{0x0008119A}, "SQ"_vr, "OtherFailuresSequence"},
    {tags::AnatomicRegionSequence, "SQ"_vr, "AnatomicRegionSequence"},
    {tag{0x00083002}, "UI"_vr, "AvailableTransferSyntaxUID"},
    {tags::PatientName, "PN"_vr, "PatientName"},
    {tags::PatientID, "LO"_vr, "PatientID"},
    {tags::IssuerOfPatientID, "LO"_vr, "IssuerOfPatientID"},
    {tags::TypeOfPatientID, "CS"_vr, "TypeOfPatientID"},
    {tags::IssuerOfPatientIDQualifiersSequence, "SQ"_vr, "IssuerOfPatientIDQualifiersSequence"},
    {tags::PatientBirthDate, "DA"_vr, "PatientBirthDate"},
    {tag{0x00100032}, "TM"_vr, "PatientBirthTime"},
    {tags::PatientSex, "CS"_vr, "PatientSex"},
    {tag{0x00101000}, "LO"_vr, "OtherPatientIDs"},
    {tag{0x00101001}, "PN"_vr, "OtherPatientNames"},
    {tags::OtherPatientIDsSequence, "SQ"_vr, "OtherPatientIDsSequence"},
    {tag{0x00101010}, "AS"_vr, "PatientAge"},
    {tag{0x00101020}, "DS"_vr, "PatientSize"},
    {tag{0x00101030}, "DS"_vr, "PatientWeight"},
    {tag{0x00102160}, "SH"_vr, "EthnicGroup"},
    {tag{0x00102180}, "SH"_vr, "Occupation"},
    {tag{0x00104000}, "LT"_vr, "PatientComments"},
    {tags::BodyPartExamined, "CS"_vr, "BodyPartExamined"},
    {tag{0x00180050}, "DS"_vr, "SliceThickness"},
    {tag{0x00181000}, "LO"_vr, "DeviceSerialNumber"},
    {tag{0x00181030}, "LO"_vr, "ProtocolName"},
    {tag{0x00185100}, "CS"_vr, "PatientPosition"},
    {tags::StudyInstanceUID, "UI"_vr, "StudyInstanceUID"},
    {tags::SeriesInstanceUID, "UI"_vr, "SeriesInstanceUID"},
    {tags::StudyID, "SH"_vr, "StudyID"},
    {tags::SeriesNumber, "IS"_vr, "SeriesNumber"},
    {tag{0x00200012}, "IS"_vr, "AcquisitionNumber"},
    {tags::InstanceNumber, "IS"_vr, "InstanceNumber"},
    {tag{0x00200032}, "DS"_vr, "ImagePositionPatient"},
    {tag{0x00200037}, "DS"_vr, "ImageOrientationPatient"},
    {tag{0x00200052}, "UI"_vr, "FrameOfReferenceUID"},
    {tags::Laterality, "CS"_vr, "Laterality"},
    {tag{0x00201200}, "IS"_vr, "NumberOfPatientRelatedStudies"},
    {tag{0x00201202}, "IS"_vr, "NumberOfPatientRelatedSeries"},
    {tag{0x00201204}, "IS"_vr, "NumberOfPatientRelatedInstances"},
    {tags::NumberOfStudyRelatedSeries, "IS"_vr, "NumberOfStudyRelatedSeries"},
    {tags::NumberOfStudyRelatedInstances, "IS"_vr, "NumberOfStudyRelatedInstances"},
    {tags::NumberOfSeriesRelatedInstances, "IS"_vr, "NumberOfSeriesRelatedInstances"},
    {tag{0x00204000}, "LT"_vr, "ImageComments"},
    {tag{0x00280002}, "US"_vr, "SamplesPerPixel"},
    {tag{0x00280004}, "CS"_vr, "PhotometricInterpretation"},
    {tags::NumberOfFrames, "IS"_vr, "NumberOfFrames"},
    {tag{0x00280010}, "US"_vr, "Rows"},
    {tag{0x00280011}, "US"_vr, "Columns"},
    {tag{0x00280030}, "DS"_vr, "PixelSpacing"},
    {tag{0x00280100}, "US"_vr, "BitsAllocated"},
    {tags::ReasonForStudy, "LO"_vr, "ReasonForStudy"},
    {tag{0x00321032}, "PN"_vr, "RequestingPhysician"},
    {tag{0x00321060}, "LO"_vr, "RequestedProcedureDescription"},
    {tag{0x00321064}, "SQ"_vr, "RequestedProcedureCodeSequence"},
    {tag{0x00324000}, "LT"_vr, "StudyComments"},
    {tags::AdmissionID, "LO"_vr, "AdmissionID"},
    {tags::IssuerOfAdmissionIDSequence, "SQ"_vr, "IssuerOfAdmissionIDSequence"},
    {tags::ScheduledProcedureStepDescription, "LO"_vr, "ScheduledProcedureStepDescription"},
    {tags::ScheduledProcedureStepID, "SH"_vr, "ScheduledProcedureStepID"},
    {tags::LocalNamespaceEntityID, "UT"_vr, "LocalNamespaceEntityID"},
    {tags::UniversalEntityID, "UT"_vr, "UniversalEntityID"},
    {tags::UniversalEntityIDType, "CS"_vr, "UniversalEntityIDType"},
    {tags::PerformedLocation, "SH"_vr, "PerformedLocation"},
    {tags::PerformedProcedureStepStartDate, "DA"_vr, "PerformedProcedureStepStartDate"},
    {tags::PerformedProcedureStepStartTime, "TM"_vr, "PerformedProcedureStepStartTime"},
    {tag{0x00400250}, "DA"_vr, "PerformedProcedureStepEndDate"},
    {tag{0x00400251}, "TM"_vr, "PerformedProcedureStepEndTime"},
    {tag{0x00400253}, "SH"_vr, "PerformedProcedureStepID"},
    {tag{0x00400254}, "LO"_vr, "PerformedProcedureStepDescription"},
    {tag{0x00400260}, "SQ"_vr, "PerformedProtocolCodeSequence"},
    {tags::RequestAttributesSequence, "SQ"_vr, "RequestAttributesSequence"},
    {tags::SpecimenIdentifier, "LO"_vr, "SpecimenIdentifier"},
    {tags::SpecimenDescriptionSequence, "SQ"_vr, "SpecimenDescriptionSequence"},
    {tags::IssuerOfTheSpecimenIdentifierSequence, "SQ"_vr, "IssuerOfTheSpecimenIdentifierSequence"},
    {tags::RequestedProcedureID, "SH"_vr, "RequestedProcedureID"},
    {tags::ReasonForTheRequestedProcedure, "LO"_vr, "ReasonForTheRequestedProcedure"},
    {tags::ReasonForRequestedProcedureCodeSequence, "SQ"_vr, "ReasonForRequestedProcedureCodeSequence"},
    {tags::PersonIdentificationCodeSequence, "SQ"_vr, "PersonIdentificationCodeSequence"},
    {tags::ConceptNameCodeSequence, "SQ"_vr, "ConceptNameCodeSequence"},
    {tag{0x0040A491}, "CS"_vr, "CompletionFlag"},
    {tag{0x0040A493}, "CS"_vr, "VerificationFlag"},
    {tags::DocumentTitle, "ST"_vr, "DocumentTitle"},
    {tags::ContentLabel, "CS"_vr, "ContentLabel"},
};
// clang-format on

static_assert(std::ranges::is_sorted(known, {}, &attribute::tag));

}  // namespace

std::string_view to_query_level(level at)
{
    constexpr std::array<std::string_view, 3> names{"STUDY", "SERIES", "IMAGE"};
    return names[static_cast<std::size_t>(at)];
}

std::span<attribute const> dictionary()
{
    return known;
}

attribute const* find_attribute(tag t)
{
    auto const it = std::ranges::lower_bound(known, t, {}, &attribute::tag);
    return it != std::end(known) && it->tag == t ? it : nullptr;
}

attribute const* find_attribute(std::string_view keyword_or_tag)
{
    if (auto const t = tag_from_hex(keyword_or_tag))
        return find_attribute(*t);
    auto const it = std::ranges::find(known, keyword_or_tag, &attribute::keyword);
    return it != std::end(known) ? it : nullptr;
}

std::string to_hex(tag t)
{
    constexpr char digits[] = "0123456789ABCDEF";
    std::string hex(8, '0');
    auto number = static_cast<std::uint32_t>(t);
    for (auto at = hex.rbegin(); at != hex.rend(); ++at, number >>= 4)
        *at = digits[number & 0xF];
    return hex;
}

std::optional<tag> tag_from_hex(std::string_view digits)
{
    std::uint32_t number = 0;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    if (digits.size() != 8 || error != std::errc{} || end != digits.data() + digits.size())
        return {};
    return tag{number};
}

std::string describe(tag t)
{
    auto const hex = to_hex(t);
    auto const place = "(" + hex.substr(0, 4) + "," + hex.substr(4) + ")";
    auto const* const known_as = find_attribute(t);
    return known_as ? std::string(known_as->keyword) + " " + place : place;
}

}  // namespace pons::mapping
