#include "tests/support/untold.hpp"

#include <algorithm>
#include <string_view>

namespace pons::test {

using namespace mapping;

namespace {

constexpr tag stand_ins[] = {tags::IssuerOfPatientID,
                             tags::IssuerOfPatientIDQualifiersSequence,
                             tags::IssuerOfAccessionNumberSequence,
                             tags::TimezoneOffsetFromUTC,
                             tags::InstanceAvailability,
                             tags::ModalitiesInStudy,
                             tags::NumberOfStudyRelatedSeries,
                             tags::NumberOfStudyRelatedInstances,
                             tags::NumberOfSeriesRelatedInstances};

struct decided_by {
    level at = level::study;
    std::vector<tag> attributes;
};

/// By fhir.md 1.4 to 1.9.
decided_by attributes_of(std::string_view parameter)
{
    auto const has = [&](std::string_view part) { return parameter.find(part) != std::string_view::npos; };
    if (parameter.starts_with("patient") || parameter.starts_with("subject")) {
        if (has("gender"))
            return {.attributes = {tags::PatientSex}};
        if (has("birthdate"))
            return {.attributes = {tags::PatientBirthDate}};
        if (has(".name") || has(".family") || has(".given"))
            return {.attributes = {tags::PatientName}};
        return {.attributes = {tags::PatientID}};
    }
    struct {
        std::string_view name;
        decided_by by;
    } const rows[] = {
        {"identifier", {.attributes = {tags::AccessionNumber, tags::StudyID}}},
        {"basedon", {.attributes = {tags::AccessionNumber}}},
        {"started", {.attributes = {tags::StudyDate, tags::StudyTime}}},
        {"referrer", {.attributes = {tags::ReferringPhysicianName, tags::ReferringPhysicianIdentificationSequence}}},
        {"interpreter",
         {.attributes = {tags::NameOfPhysiciansReadingStudy, tags::PhysiciansReadingStudyIdentificationSequence}}},
        {"encounter", {.attributes = {tags::AdmissionID}}},
        {"reason",
         {.attributes = {tags::ReasonForTheRequestedProcedure, tags::ReasonForRequestedProcedureCodeSequence}}},
        {"modality", {.at = level::series, .attributes = {tags::Modality}}},
        {"series", {.at = level::series, .attributes = {}}},
        {"bodysite", {.at = level::series, .attributes = {tags::AnatomicRegionSequence, tags::BodyPartExamined}}},
        {"performer",
         {.at = level::series,
          .attributes = {tags::PerformingPhysicianName, tags::PerformingPhysicianIdentificationSequence,
                         tags::OperatorsName, tags::OperatorIdentificationSequence}}},
        {"instance", {.at = level::instance, .attributes = {}}},
        {"dicom-class", {.at = level::instance, .attributes = {tags::SOPClassUID}}},
    };
    for (auto const& row : rows)
        if (parameter.starts_with(row.name))
            return row.by;
    return {};
}

/// Whether the archive's rows of `study` lack some of what decides.
bool lacks(combination const& c, stored_study const& study, decided_by const& by)
{
    auto const is_untold = [&](data_set const& d) {
        return std::ranges::any_of(by.attributes, [&](tag t) {
            bool const empty = d.text(t).empty() && d.items(t).empty();
            return c.how.dropped.contains(t) || (c.how.omits_empty && empty);
        });
    };
    if (by.at == level::study)
        return is_untold(study.attributes);
    return std::ranges::any_of(study.series, [&](stored_series const& s) {
        return by.at == level::series ? is_untold(s.attributes) : std::ranges::any_of(s.instances, is_untold);
    });
}

/// Studies without `dropped`; one whose row is told in part lacks what has a stand-in, too.
std::vector<stored_study> without(combination const& c, std::set<tag> const& dropped, bool by_uid)
{
    auto in_part = dropped;
    if (c.how.sparse != 0 && (c.how.sparse_by_uid || !by_uid))
        in_part.insert(std::begin(stand_ins), std::end(stand_ins));
    std::vector<stored_study> all;
    for (auto const& study : c.archive.studies)
        all.push_back(visible_part(study, is_told_in_part(c, all.size()) ? in_part : dropped));
    return all;
}

}  // namespace

bool is_told_in_part(combination const& c, std::size_t nth)
{
    return c.how.sparse != 0 && nth % c.how.sparse == c.how.sparse - 1;
}

std::vector<stored_study> studies_to_find(combination const& c)
{
    std::set<tag> dropped;
    for (auto const t : stand_ins)
        if (c.how.dropped.contains(t))
            dropped.insert(t);
    return without(c, dropped, true);
}

std::vector<stored_study> studies_as_told(combination const& c, bool by_uid)
{
    return without(c, c.how.dropped, by_uid);
}

bool leaves_out_untold(combination const& c, oracle_rules const& rules)
{
    auto const whole = oracle::read(c.criteria, rules);
    if (!whole)
        return false;
    return std::ranges::any_of(c.archive.studies, [&](stored_study const& study) {
        auto const told = visible_part(study, c.how.dropped);
        if (whole->matches(told, *c.archive.facts))
            return false;
        query others;  // what is asked of series is not, of a study that is left out before
        bool any = false;
        for (auto const& criterion : c.criteria) {
            auto const by = attributes_of(criterion.first);
            bool const open = lacks(c, study, by);
            any = any || open;
            if (!open && by.at == level::study)
                others.push_back(criterion);
        }
        auto const rest = any ? oracle::read(others, rules) : std::nullopt;
        return rest && rest->matches(told, *c.archive.facts);
    });
}

bool seems_to_know_patient_otherwise(combination const& c)
{
    return c.how.ignored.contains(tags::PatientID) && !c.archive.studies.empty() &&
           std::ranges::all_of(c.archive.studies, [&](stored_study const& study) {
               return study.attributes.text(tags::PatientID) ==
                      c.archive.studies.front().attributes.text(tags::PatientID);
           });
}

}  // namespace pons::test
