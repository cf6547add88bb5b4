#pragma once

#include "upstream/probe/pinned.hpp"

#include <cstdint>
#include <string>

/// The questions of experiments that need more than a key beside the one that holds them to the study. Each gives why
/// it cannot be asked instead, where the study lacks what it takes.
namespace pons::upstream::probe {

/// A list of two UIDs, the study's and nobody's, at STUDY or SERIES level.
made uids(findings const& f, mapping::level at, bool own_first);

/// A series or an instance of the study by its own UID alone (PS3.4 C.4.1.2.2.1 wants those above as well).
made without_upper_uids(findings const& f, mapping::level at);

/// Date and hour: as one interval when `together`, beside a range of days in which only that has the study.
made date_and_time(findings const& f, bool together);

/// A range of dates, made of the study's date.
made range(findings const& f, std::string (*of)(std::string const& date));

/// `""` for an attribute that has a value, or that has none (PS3.4 C.2.2.2.7).
made with_empty_value(findings const& f, tag t, bool has_value);

/// The study by its UID, written in another way.
made as_web(findings const& f, void (*change)(web_form&));

/// The study by its UID with a `limit`, when the one asked `before` was refused.
made limited(findings const& f, std::uint32_t limit, char const* before);

/// What is tried whether it is matched.
inline constexpr tag keys_tried[] = {tags::PatientID,
                                     tags::StudyDate,
                                     tags::AccessionNumber,
                                     tags::PatientName,
                                     tags::PatientBirthDate,
                                     tags::ModalitiesInStudy,
                                     tags::StudyTime,
                                     tags::StudyDescription,
                                     tags::StudyID,
                                     tags::ReferringPhysicianName,
                                     tags::NumberOfStudyRelatedInstances};

/// What right values are tried of: one of several modalities is a question of its own, and counts nobody asks for.
bool is_sent(tag t);

/// All keys with the study's own values.
made right_values(findings const& f);

/// The accession number together with a Patient ID that nobody has.
made accession_with_another_patient(findings const& f);

}  // namespace pons::upstream::probe
