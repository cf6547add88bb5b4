#pragma once

#include "mapping/codecs/zone.hpp"
#include "mapping/record.hpp"
#include "tests/support/dice.hpp"
#include "tests/support/stored_study.hpp"

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

/// Archives as they are found: several hospitals' identifiers, many scripts, values missing, old or wrong.
namespace pons::test {

struct recipe {
    std::size_t studies = 20;
    bool unusable_uids = false;  ///< a study without a UID that is one
    bool crowded_days = false;   ///< few days hold all studies
    bool zone = true;            ///< the source's time zone is known
};

struct random_archive {
    std::vector<stored_study> studies;
    std::shared_ptr<mapping::source_facts> facts;
};

/// The same dice and recipe give the same archive. All data is made up.
random_archive make_archive(dice& d, recipe const& how);

/// A study for tests by hand: one series of one CT image. `number` makes its UIDs, date and patient.
stored_study plain_study(std::size_t number, std::string_view study_date, std::string_view study_time = {});

/// Modalities in Study and the counts as an archive gathers them from what is below.
void count_up(stored_study& study);

/// What random values are drawn from: queries take theirs from here as well, so that they meet.
namespace pool {
extern std::vector<std::string_view> const patient_ids, issuers, names, accessions, study_ids, dates, times, offsets,
    birth_dates, sexes, modalities, body_parts, sop_classes, physicians, staff_codes, reasons;
}

/// How the body parts of the pool are coded, by hand from PS3.16 Annex L: "" for what has no code.
std::string_view code_of_body_part(std::string_view value);

}  // namespace pons::test
