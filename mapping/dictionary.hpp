#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// The attributes that Pons knows by name (PS3.6 §6), and their value representations (PS3.5 §6.2).
namespace pons::mapping {

/// (gggg,eeee) as one number.
enum class tag : std::uint32_t {};

/// The two letters of a value representation, "PN" as 'P' << 8 | 'N'.
enum class vr : std::uint16_t {};

consteval vr operator""_vr(char const* text, std::size_t size)
{
    if (size != 2)
        throw "a value representation has two letters";
    return static_cast<vr>(static_cast<unsigned char>(text[0]) << 8 | static_cast<unsigned char>(text[1]));
}

constexpr vr vr_of(char first, char second)
{
    return static_cast<vr>(static_cast<unsigned char>(first) << 8 | static_cast<unsigned char>(second));
}

constexpr std::uint16_t group(tag t)
{
    return static_cast<std::uint16_t>(static_cast<std::uint32_t>(t) >> 16);
}
constexpr std::uint16_t element_number(tag t)
{
    return static_cast<std::uint16_t>(static_cast<std::uint32_t>(t));
}

/// Query/Retrieve levels of the Study Root model (PS3.4 C.6.2), top down.
enum class level : std::uint8_t { study, series, instance };

/// "STUDY", "SERIES", "IMAGE": the values of Query/Retrieve Level (0008,0052).
std::string_view to_query_level(level at);

struct attribute {
    mapping::tag tag;
    mapping::vr vr;
    std::string_view keyword;  ///< as PS3.6 spells it
};

/// All that we know, ascending by tag.
std::span<attribute const> dictionary();

/// By tag; nothing for a tag that Pons has no use for.
attribute const* find_attribute(tag t);
/// By keyword (case sensitive), or by eight hexadecimal digits of either case.
attribute const* find_attribute(std::string_view keyword_or_tag);

/// Eight upper-case hexadecimal digits, as in the DICOM JSON Model (PS3.18 §F.2.2).
std::string to_hex(tag t);
/// The reverse, either case; nothing when it is not eight hexadecimal digits.
std::optional<tag> tag_from_hex(std::string_view digits);

/// "Study Date (0008,0020)" as the standard writes a place: "StudyDate (0008,0020)" for known tags, else "(gggg,eeee)".
std::string describe(tag t);

namespace tags {
// clang-format off
inline constexpr tag SpecificCharacterSet{0x00080005};
inline constexpr tag ImageType{0x00080008};
inline constexpr tag SOPClassUID{0x00080016};
inline constexpr tag SOPInstanceUID{0x00080018};
inline constexpr tag StudyDate{0x00080020};
inline constexpr tag SeriesDate{0x00080021};
inline constexpr tag StudyTime{0x00080030};
inline constexpr tag SeriesTime{0x00080031};
inline constexpr tag AccessionNumber{0x00080050};
inline constexpr tag IssuerOfAccessionNumberSequence{0x00080051};
inline constexpr tag QueryRetrieveLevel{0x00080052};
inline constexpr tag RetrieveAETitle{0x00080054};
inline constexpr tag InstanceAvailability{0x00080056};
inline constexpr tag Modality{0x00080060};
inline constexpr tag ModalitiesInStudy{0x00080061};
inline constexpr tag SOPClassesInStudy{0x00080062};
inline constexpr tag AnatomicRegionsInStudyCodeSequence{0x00080063};
inline constexpr tag ReferringPhysicianName{0x00080090};
inline constexpr tag ReferringPhysicianIdentificationSequence{0x00080096};
inline constexpr tag CodeValue{0x00080100};
inline constexpr tag CodingSchemeDesignator{0x00080102};
inline constexpr tag CodeMeaning{0x00080104};
inline constexpr tag CodingSchemeUID{0x0008010C};
inline constexpr tag LongCodeValue{0x00080119};
inline constexpr tag URNCodeValue{0x00080120};
inline constexpr tag TimezoneOffsetFromUTC{0x00080201};
inline constexpr tag StudyDescription{0x00081030};
inline constexpr tag ProcedureCodeSequence{0x00081032};
inline constexpr tag SeriesDescription{0x0008103E};
inline constexpr tag InstitutionalDepartmentName{0x00081040};
inline constexpr tag PerformingPhysicianName{0x00081050};
inline constexpr tag PerformingPhysicianIdentificationSequence{0x00081052};
inline constexpr tag NameOfPhysiciansReadingStudy{0x00081060};
inline constexpr tag PhysiciansReadingStudyIdentificationSequence{0x00081062};
inline constexpr tag OperatorsName{0x00081070};
inline constexpr tag OperatorIdentificationSequence{0x00081072};
inline constexpr tag RetrieveURL{0x00081190};
inline constexpr tag AnatomicRegionSequence{0x00082218};
inline constexpr tag PatientName{0x00100010};
inline constexpr tag PatientID{0x00100020};
inline constexpr tag IssuerOfPatientID{0x00100021};
inline constexpr tag TypeOfPatientID{0x00100022};
inline constexpr tag IssuerOfPatientIDQualifiersSequence{0x00100024};
inline constexpr tag PatientBirthDate{0x00100030};
inline constexpr tag PatientSex{0x00100040};
inline constexpr tag OtherPatientIDsSequence{0x00101002};
inline constexpr tag BodyPartExamined{0x00180015};
inline constexpr tag StudyInstanceUID{0x0020000D};
inline constexpr tag SeriesInstanceUID{0x0020000E};
inline constexpr tag StudyID{0x00200010};
inline constexpr tag SeriesNumber{0x00200011};
inline constexpr tag InstanceNumber{0x00200013};
inline constexpr tag Laterality{0x00200060};
inline constexpr tag NumberOfStudyRelatedSeries{0x00201206};
inline constexpr tag NumberOfStudyRelatedInstances{0x00201208};
inline constexpr tag NumberOfSeriesRelatedInstances{0x00201209};
inline constexpr tag NumberOfFrames{0x00280008};
inline constexpr tag ReasonForStudy{0x00321030};
inline constexpr tag AdmissionID{0x00380010};
inline constexpr tag IssuerOfAdmissionIDSequence{0x00380014};
inline constexpr tag ScheduledProcedureStepDescription{0x00400007};
inline constexpr tag ScheduledProcedureStepID{0x00400009};
inline constexpr tag LocalNamespaceEntityID{0x00400031};
inline constexpr tag UniversalEntityID{0x00400032};
inline constexpr tag UniversalEntityIDType{0x00400033};
inline constexpr tag PerformedLocation{0x00400243};
inline constexpr tag PerformedProcedureStepStartDate{0x00400244};
inline constexpr tag PerformedProcedureStepStartTime{0x00400245};
inline constexpr tag RequestAttributesSequence{0x00400275};
inline constexpr tag SpecimenIdentifier{0x00400551};
inline constexpr tag SpecimenDescriptionSequence{0x00400560};
inline constexpr tag IssuerOfTheSpecimenIdentifierSequence{0x00400562};
inline constexpr tag RequestedProcedureID{0x00401001};
inline constexpr tag ReasonForTheRequestedProcedure{0x00401002};
inline constexpr tag ReasonForRequestedProcedureCodeSequence{0x0040100A};
inline constexpr tag PersonIdentificationCodeSequence{0x00401101};
inline constexpr tag ConceptNameCodeSequence{0x0040A043};
inline constexpr tag DocumentTitle{0x00420010};
inline constexpr tag ContentLabel{0x00700080};
// clang-format on
}  // namespace tags

}  // namespace pons::mapping
