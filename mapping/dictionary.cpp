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
    {tags::SOPClassUID, "UI"_vr, "SOPClassUID"},
    {tags::SOPInstanceUID, "UI"_vr, "SOPInstanceUID"},
    {tags::StudyDate, "DA"_vr, "StudyDate"},
    {tags::SeriesDate, "DA"_vr, "SeriesDate"},
    {tags::StudyTime, "TM"_vr, "StudyTime"},
    {tags::SeriesTime, "TM"_vr, "SeriesTime"},
    {tags::AccessionNumber, "SH"_vr, "AccessionNumber"},
    {tags::IssuerOfAccessionNumberSequence, "SQ"_vr, "IssuerOfAccessionNumberSequence"},
    {tags::QueryRetrieveLevel, "CS"_vr, "QueryRetrieveLevel"},
    {tags::RetrieveAETitle, "AE"_vr, "RetrieveAETitle"},
    {tags::InstanceAvailability, "CS"_vr, "InstanceAvailability"},
    {tags::Modality, "CS"_vr, "Modality"},
    {tags::ModalitiesInStudy, "CS"_vr, "ModalitiesInStudy"},
    {tags::SOPClassesInStudy, "UI"_vr, "SOPClassesInStudy"},
    {tags::AnatomicRegionsInStudyCodeSequence, "SQ"_vr, "AnatomicRegionsInStudyCodeSequence"},
    {tags::ReferringPhysicianName, "PN"_vr, "ReferringPhysicianName"},
    {tags::ReferringPhysicianIdentificationSequence, "SQ"_vr, "ReferringPhysicianIdentificationSequence"},
    {tags::CodeValue, "SH"_vr, "CodeValue"},
    {tags::CodingSchemeDesignator, "SH"_vr, "CodingSchemeDesignator"},
    {tags::CodeMeaning, "LO"_vr, "CodeMeaning"},
    {tags::CodingSchemeUID, "UI"_vr, "CodingSchemeUID"},
    {tags::LongCodeValue, "UC"_vr, "LongCodeValue"},
    {tags::URNCodeValue, "UR"_vr, "URNCodeValue"},
    {tags::TimezoneOffsetFromUTC, "SH"_vr, "TimezoneOffsetFromUTC"},
    {tags::StudyDescription, "LO"_vr, "StudyDescription"},
    {tags::ProcedureCodeSequence, "SQ"_vr, "ProcedureCodeSequence"},
    {tags::SeriesDescription, "LO"_vr, "SeriesDescription"},
    {tags::InstitutionalDepartmentName, "LO"_vr, "InstitutionalDepartmentName"},
    {tags::PerformingPhysicianName, "PN"_vr, "PerformingPhysicianName"},
    {tags::PerformingPhysicianIdentificationSequence, "SQ"_vr, "PerformingPhysicianIdentificationSequence"},
    {tags::NameOfPhysiciansReadingStudy, "PN"_vr, "NameOfPhysiciansReadingStudy"},
    {tags::PhysiciansReadingStudyIdentificationSequence, "SQ"_vr, "PhysiciansReadingStudyIdentificationSequence"},
    {tags::OperatorsName, "PN"_vr, "OperatorsName"},
    {tags::OperatorIdentificationSequence, "SQ"_vr, "OperatorIdentificationSequence"},
    {tags::RetrieveURL, "UR"_vr, "RetrieveURL"},
    {tags::AnatomicRegionSequence, "SQ"_vr, "AnatomicRegionSequence"},
    {tag{0x00083002}, "UI"_vr, "AvailableTransferSyntaxUID"},
    {tags::PatientName, "PN"_vr, "PatientName"},
    {tags::PatientID, "LO"_vr, "PatientID"},
    {tags::IssuerOfPatientID, "LO"_vr, "IssuerOfPatientID"},
    {tags::TypeOfPatientID, "CS"_vr, "TypeOfPatientID"},
    {tags::IssuerOfPatientIDQualifiersSequence, "SQ"_vr, "IssuerOfPatientIDQualifiersSequence"},
    {tags::PatientBirthDate, "DA"_vr, "PatientBirthDate"},
    {tags::PatientSex, "CS"_vr, "PatientSex"},
    {tags::OtherPatientIDsSequence, "SQ"_vr, "OtherPatientIDsSequence"},
    {tags::BodyPartExamined, "CS"_vr, "BodyPartExamined"},
    {tags::StudyInstanceUID, "UI"_vr, "StudyInstanceUID"},
    {tags::SeriesInstanceUID, "UI"_vr, "SeriesInstanceUID"},
    {tags::StudyID, "SH"_vr, "StudyID"},
    {tags::SeriesNumber, "IS"_vr, "SeriesNumber"},
    {tags::InstanceNumber, "IS"_vr, "InstanceNumber"},
    {tags::Laterality, "CS"_vr, "Laterality"},
    {tags::NumberOfStudyRelatedSeries, "IS"_vr, "NumberOfStudyRelatedSeries"},
    {tags::NumberOfStudyRelatedInstances, "IS"_vr, "NumberOfStudyRelatedInstances"},
    {tags::NumberOfSeriesRelatedInstances, "IS"_vr, "NumberOfSeriesRelatedInstances"},
    {tags::NumberOfFrames, "IS"_vr, "NumberOfFrames"},
    {tags::ReasonForStudy, "LO"_vr, "ReasonForStudy"},
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
    {tags::RequestAttributesSequence, "SQ"_vr, "RequestAttributesSequence"},
    {tags::SpecimenIdentifier, "LO"_vr, "SpecimenIdentifier"},
    {tags::SpecimenDescriptionSequence, "SQ"_vr, "SpecimenDescriptionSequence"},
    {tags::IssuerOfTheSpecimenIdentifierSequence, "SQ"_vr, "IssuerOfTheSpecimenIdentifierSequence"},
    {tags::RequestedProcedureID, "SH"_vr, "RequestedProcedureID"},
    {tags::ReasonForTheRequestedProcedure, "LO"_vr, "ReasonForTheRequestedProcedure"},
    {tags::ReasonForRequestedProcedureCodeSequence, "SQ"_vr, "ReasonForRequestedProcedureCodeSequence"},
    {tags::PersonIdentificationCodeSequence, "SQ"_vr, "PersonIdentificationCodeSequence"},
    {tags::ConceptNameCodeSequence, "SQ"_vr, "ConceptNameCodeSequence"},
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
