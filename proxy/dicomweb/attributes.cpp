#include "proxy/dicomweb/attributes.hpp"

namespace pons::proxy::dicomweb {

namespace {

using mapping::level;
using mapping::tag;
namespace tags = mapping::tags;

constexpr result_attribute rows[] = {
    {level::study, tags::StudyDate},
    {level::study, tags::StudyTime},
    {level::study, tags::AccessionNumber},
    {level::study, tags::InstanceAvailability, true},
    {level::study, tags::ModalitiesInStudy},
    {level::study, tags::ReferringPhysicianName},
    {level::study, tags::TimezoneOffsetFromUTC, true},
    {level::study, tags::RetrieveURL, true},
    {level::study, tags::PatientName},
    {level::study, tags::PatientID},
    {level::study, tags::PatientBirthDate},
    {level::study, tags::PatientSex},
    {level::study, tags::StudyInstanceUID},
    {level::study, tags::StudyID},
    {level::study, tags::NumberOfStudyRelatedSeries, true},
    {level::study, tags::NumberOfStudyRelatedInstances, true},
    {level::series, tags::Modality},
    {level::series, tags::TimezoneOffsetFromUTC, true},
    {level::series, tags::SeriesDescription, true},
    {level::series, tags::RetrieveURL, true},
    {level::series, tags::StudyInstanceUID},
    {level::series, tags::SeriesInstanceUID},
    {level::series, tags::SeriesNumber},
    {level::series, tags::NumberOfSeriesRelatedInstances, true},
    {level::series, tags::PerformedProcedureStepStartDate, true},
    {level::series, tags::PerformedProcedureStepStartTime, true},
    {level::series, tags::RequestAttributesSequence, true},
    {level::instance, tags::SOPClassUID},
    {level::instance, tags::SOPInstanceUID},
    {level::instance, tags::InstanceAvailability, true},
    {level::instance, tags::TimezoneOffsetFromUTC, true},
    {level::instance, tags::RetrieveURL, true},
    {level::instance, tags::StudyInstanceUID},
    {level::instance, tags::SeriesInstanceUID},
    {level::instance, tags::InstanceNumber},
    {level::instance, tags::NumberOfFrames, true},
    {level::instance, tag{0x00280010}, true},  // Rows
    {level::instance, tag{0x00280011}, true},  // Columns
    {level::instance, tag{0x00280100}, true},  // Bits Allocated
};

}  // namespace

std::span<result_attribute const> result_attributes()
{
    return rows;
}

}  // namespace pons::proxy::dicomweb
